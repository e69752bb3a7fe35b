import type { Output } from './output.ts';

/** Where no terminal shows the live line, a plain one comes this often, or when the stage changes. */
const PLAIN_LINE_MS = 30_000;

/** Shows the progress of something that is followed; null while no worker answers, of which `waiting` tells. */
export function createShow<Progress>(
  output: Output,
  of: {
    readonly waiting: string;
    readonly line: (progress: Progress, nowMs: number) => string;
    /** What a plain line is worth at once. */
    readonly stage: (progress: Progress) => unknown;
  },
): (progress: Progress | null) => void {
  let shown: unknown;
  let shownAtMs = 0;
  return (progress) => {
    const nowMs = Date.now();
    const line = progress === null ? of.waiting : of.line(progress, nowMs);
    output.live(line);
    const stage = progress === null ? null : of.stage(progress);
    if (output.isLive || (stage === shown && nowMs - shownAtMs < PLAIN_LINE_MS)) return;
    [shown, shownAtMs] = [stage, nowMs];
    output.say(line);
  };
}
