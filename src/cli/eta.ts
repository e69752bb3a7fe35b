import type { RunPhase, RunProgress } from '../domain/run-summary.ts';

/** Phases whose speed can be seen. */
const TIMED: readonly RunPhase[] = [
  'filtering',
  'evaluating before',
  'collecting',
  'training',
  'evaluating after',
];

interface Mark {
  readonly phase: RunPhase;
  readonly share: number;
  readonly atMs: number;
}

/**
 * Estimates the seconds until a run's end from what was seen of the present phase; null while it cannot. The evaluation
 * at the end is taken to last as long as the one before it did.
 */
export function createEta(epochs = 1): (progress: RunProgress, nowMs: number) => number | null {
  let first: Mark | null = null;
  let beganBeforeMs: number | null = null;
  let evaluationMs = 0;
  return (progress, nowMs) => {
    const { phase } = progress;
    if (phase === 'evaluating before') beganBeforeMs ??= nowMs;
    if (phase === 'training' && beganBeforeMs !== null && evaluationMs === 0)
      evaluationMs = nowMs - beganBeforeMs;
    const share = shareOf(progress, epochs);
    if (first === null || first.phase !== phase || share < first.share) first = { phase, share, atMs: nowMs };
    const gained = share - first.share;
    if (!TIMED.includes(phase) || gained <= 0) return null;
    const phaseMs = ((nowMs - first.atMs) / gained) * (1 - share);
    return (phaseMs + (phase === 'training' ? evaluationMs : 0)) / 1000;
  };
}

/** The share of the phase's rollouts that ended; all epochs count as one phase. */
function shareOf({ phase, phaseDone, phaseTotal, totals }: RunProgress, epochs: number): number {
  if (phaseTotal <= 0) return 0;
  const isEpoch = phase === 'training' || phase === 'collecting';
  return Math.min(
    1,
    isEpoch && epochs > 1 ? totals.rollouts / (phaseTotal * epochs) : phaseDone / phaseTotal,
  );
}
