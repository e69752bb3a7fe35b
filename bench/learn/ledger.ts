import type { RunSummary } from '../../src/domain/run-summary.ts';
import { meanOf } from './statistics.ts';
import { appendJsonLine, readJsonLines } from '../../test/support/json-lines.ts';

/** One run of an arm, as the ledger has it, a line each. */
export interface Learned {
  readonly arm: string;
  readonly seed: number;
  readonly commit: string;
  /** ISO time of its end. */
  readonly at: string;
  /** Of the workflow from start to end, evaluations included. */
  readonly seconds: number;
  /** Whether it was left for a while in between, which its seconds count too. */
  readonly interrupted: boolean;
  readonly rewardByStep: readonly number[];
  /** Steps between the sampling of a rollout and its training, on average; absent in the first lines. */
  readonly staleness?: number;
  readonly evaluations: readonly Evaluated[];
  readonly failed: number;
}

/** What an evaluation of one set came to. */
interface Evaluated {
  readonly set: string;
  readonly when: 'before' | 'after';
  readonly instances: number;
  readonly rollouts: number;
  readonly reward: number;
  readonly resolved: number;
}

/** The runs that a ledger holds; there need be none yet. */
export function readLedger(path: string): readonly Learned[] {
  return readJsonLines(path) as readonly Learned[];
}

/** Adds a run to a ledger. */
export function appendRun(path: string, learned: Learned): void {
  appendJsonLine(path, learned);
}

/** What the ledger keeps of a run's summary and its steps' metrics: means of the scored rollouts. */
export function learnedOf(
  summary: RunSummary,
  steps: readonly Readonly<Record<string, number>>[],
  of: Pick<Learned, 'arm' | 'seed' | 'commit' | 'at' | 'seconds' | 'interrupted'>,
): Learned {
  return {
    ...of,
    rewardByStep: summary.rewardByStep,
    staleness: rounded(meanOf(steps.map((step) => step['batch/staleness_mean'] ?? 0))),
    evaluations: summary.evaluations.map((one) => {
      const scored = one.rollouts - one.failed;
      const { set, when, instances } = one;
      const [reward, resolved] = [one.rewardSum / scored, one.resolved / scored].map(rounded);
      return { set, when, instances, rollouts: scored, reward: reward ?? 0, resolved: resolved ?? 0 };
    }),
    failed: summary.totals.failed,
  };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
