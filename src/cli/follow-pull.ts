import type { Client } from '@temporalio/client';
import type { PullProgress } from '../domain/image-pulls.ts';
import { CommandError, messageOf } from './errors.ts';
import type { Output } from './output.ts';
import { pullLine } from './pull-line.ts';
import { pollToEnd } from './poll-to-end.ts';
import { queryPull } from './queries.ts';

/** Where no terminal shows the live line, a plain one comes this often, or when another image is done. */
const PLAIN_LINE_MS = 30_000;

/** Shows a pull until it ends, or until the signal says to leave it alone. Rejects where images are missing in the end. */
export async function followPull(followed: {
  readonly client: Client;
  readonly workflowId: string;
  readonly output: Output;
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Said while no worker answers. */
  readonly waiting: string;
}): Promise<void> {
  const { client, workflowId, output, json, signal } = followed;
  const show = createShow(output, followed.waiting);
  const ended = await pollToEnd<PullProgress, PullProgress>({
    client,
    workflowId,
    signal,
    ask: async () => await queryPull(client, workflowId),
    onProgress: show,
  });
  if (ended === null) {
    output.say(`detached; ${workflowId} goes on. Come back with the same command`);
    return;
  }
  const progress = await ended.result.catch((error: unknown) => {
    throw new CommandError(`${workflowId} failed: ${messageOf(error)}`, { cause: error });
  });
  output.say(pullLine(progress, Date.now()));
  for (const { image, message } of progress.failures) output.say(`${image}: ${message}`);
  if (json) output.data({ type: 'pull', workflow_id: workflowId, ...wireOf(progress) });
  const missing = progress.images - progress.done + progress.totals.failed;
  if (missing > 0)
    throw new CommandError(`${missing} of ${progress.images} images are not on ${progress.host}`);
}

function createShow(output: Output, waiting: string): (progress: PullProgress | null) => void {
  let shown: number | null = -1;
  let shownAtMs = 0;
  return (progress) => {
    const nowMs = Date.now();
    const line = progress === null ? waiting : pullLine(progress, nowMs);
    output.live(line);
    const done = progress?.done ?? null;
    if (output.isLive || (done === shown && nowMs - shownAtMs < PLAIN_LINE_MS)) return;
    [shown, shownAtMs] = [done, nowMs];
    output.say(line);
  };
}

function wireOf({ data, host, images, done, totals, failures, stopped }: PullProgress) {
  return {
    data,
    host,
    images,
    done,
    pulled: totals.pulled,
    present: totals.present,
    failed: totals.failed,
    evicted: totals.evicted,
    pulled_bytes: totals.pulledBytes,
    ours_bytes: totals.oursBytes,
    failures,
    stopped,
  };
}
