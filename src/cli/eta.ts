import type { RunConfig } from '../domain/run-config.ts';
import type { RunPhase, RunProgress } from '../domain/run-summary.ts';

/** Phases of which the run's end can be told; before them nobody has seen how fast its rollouts are. */
const TIMED: readonly RunPhase[] = ['collecting', 'training'];

/** What of a run's config says how many rollouts it makes. */
export type RunSize = Pick<RunConfig, 'epochs' | 'batchSize' | 'rolloutsPerInstance'>;

interface Mark {
  readonly share: number;
  readonly atMs: number;
}

/**
 * Estimates the seconds until a run's end from what was seen of its rollouts; null while nothing was, or its size is not
 * known. The evaluation at the end is taken to last as long as the one before did.
 */
export function createEta(): (progress: RunProgress, size: RunSize | null, nowMs: number) => number | null {
  let first: Mark | null = null;
  let lastShare = 0;
  let beganBeforeMs: number | null = null;
  let beganAfterMs: number | null = null;
  let evaluationMs: number | null = null;

  function leftMs(progress: RunProgress, size: RunSize, nowMs: number): number | null {
    const share = shareOf(progress, size);
    // More is planned than before.
    if (first === null || share < lastShare) first = { share, atMs: nowMs };
    lastShare = share;
    const gained = share - first.share;
    return gained > 0 ? ((nowMs - first.atMs) / gained) * (1 - share) : null;
  }

  return (progress, size, nowMs) => {
    const { phase } = progress;
    if (phase === 'evaluating before') beganBeforeMs ??= nowMs;
    if (phase === 'training' && beganBeforeMs !== null) evaluationMs ??= nowMs - beganBeforeMs;
    if (phase === 'evaluating after') {
      beganAfterMs ??= nowMs;
      return evaluationMs === null ? null : Math.max(0, evaluationMs - (nowMs - beganAfterMs)) / 1000;
    }
    const left = size !== null && TIMED.includes(phase) ? leftMs(progress, size, nowMs) : null;
    return left === null ? null : (left + (phase === 'training' ? (evaluationMs ?? 0) : 0)) / 1000;
  };
}

/** The share of all rollouts that ended, those of every epoch. */
function shareOf({ mode, steps, phaseTotal, totals }: RunProgress, size: RunSize): number {
  const planned =
    mode === 'train' ? steps * size.batchSize * size.rolloutsPerInstance : phaseTotal * size.epochs;
  return planned > 0 ? Math.min(1, totals.rollouts / planned) : 0;
}
