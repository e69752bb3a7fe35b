import type { Instance } from './instance.ts';

/** What became of one listed test; `missing` is a test that the report does not name. */
export type TestOutcome = 'passed' | 'failed' | 'skipped' | 'missing';

/** Outcomes by exact node id. */
export type TestOutcomes = Readonly<Record<string, TestOutcome>>;

/** The metrics of one graded trajectory; shares lie in [0, 1]. */
export interface RewardMetrics {
  readonly progress: number;
  readonly maintenance: number;
  readonly regression: number;
  readonly resolved: number;
  readonly failToPassPassed: number;
  readonly failToPassFailed: number;
  readonly passToPassPassed: number;
  readonly passToPassFailed: number;
}

export interface Reward {
  readonly reward: number;
  readonly resolved: boolean;
  readonly metrics: RewardMetrics;
}

/** Weights of the reference implementation: 20% maintenance, 30% progress, 50% full resolution. */
const WEIGHTS = { maintenance: 0.2, progress: 0.3, resolved: 0.5 } as const;

/**
 * Scores one graded trajectory:
 *
 *     reward = 0.2 * maintenance + 0.3 * progress^power + 0.5 * resolved
 *
 * progress is the passed share of FAIL_TO_PASS, maintenance the kept share of PASS_TO_PASS (1 when there are none),
 * resolved 1 when every listed test holds. A missing test is a failure. A skipped FAIL_TO_PASS test is a failure; a
 * skipped PASS_TO_PASS test is kept only when `skippedInBaseline` names it.
 */
export function scoreReward(
  instance: Pick<Instance, 'failToPass' | 'passToPass'>,
  outcomes: TestOutcomes,
  power: number,
  skippedInBaseline: ReadonlySet<string> = new Set(),
): Reward {
  const mended = instance.failToPass.filter((id) => outcomes[id] === 'passed').length;
  const kept = instance.passToPass.filter(
    (id) => outcomes[id] === 'passed' || (outcomes[id] === 'skipped' && skippedInBaseline.has(id)),
  ).length;
  const failToPassFailed = instance.failToPass.length - mended;
  const passToPassFailed = instance.passToPass.length - kept;
  const progress = share(mended, instance.failToPass.length, 0);
  const maintenance = share(kept, instance.passToPass.length, 1);
  const listed = instance.failToPass.length + instance.passToPass.length;
  const resolved = listed > 0 && failToPassFailed === 0 && passToPassFailed === 0;
  const reward =
    WEIGHTS.maintenance * maintenance +
    WEIGHTS.progress * progress ** power +
    (resolved ? WEIGHTS.resolved : 0);
  return {
    reward,
    resolved,
    metrics: {
      progress,
      maintenance,
      regression: 1 - maintenance,
      resolved: resolved ? 1 : 0,
      failToPassPassed: mended,
      failToPassFailed,
      passToPassPassed: kept,
      passToPassFailed,
    },
  };
}

function share(part: number, whole: number, whenEmpty: number): number {
  return whole === 0 ? whenEmpty : part / whole;
}
