import type { Instance } from '../../domain/instance.ts';
import { scoreReward, type Reward, type TestOutcome } from '../../domain/reward.ts';
import type { TestRun } from '../../schemas/test-run.ts';

/** How runs of one instance are scored. */
export interface Scoring {
  readonly instance: Instance;
  readonly power: number;
  /** Listed tests that are skipped in the tree without the bug, or with it where no filter has looked at the other. */
  readonly skippedInBaseline: ReadonlySet<string>;
}

/** What a run is worth by its outcomes alone. */
export function scoreRun({ instance, power, skippedInBaseline }: Scoring, run: TestRun): Reward {
  return run.ended ? scoreReward(instance, run.outcomes, power, skippedInBaseline) : worthless(instance);
}

/** What a tree is worth that nothing was done to: whatever its tests say, nothing was mended. */
export function scoreUntouched(scoring: Scoring, run: TestRun): Reward {
  const { failToPass } = scoring.instance;
  // Without any such test there would be nothing to mend, and all would be.
  const unmended = failToPass.length > 0 ? failToPass : ['nothing to mend'];
  const outcomes = {
    ...run.outcomes,
    ...Object.fromEntries(unmended.map((id): [string, TestOutcome] => [id, 'failed'])),
  };
  const instance = { ...scoring.instance, failToPass: unmended };
  return scoreRun({ ...scoring, instance }, { ...run, outcomes });
}

/** What a run is worth that was forged, abused its host, or did not come to its end. */
export function worthless(instance: Instance): Reward {
  const { metrics } = scoreReward(instance, {}, 1);
  return { reward: 0, resolved: false, metrics: { ...metrics, maintenance: 0, regression: 1 } };
}
