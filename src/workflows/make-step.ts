import { addRetries, NO_RETRIES, retryMetrics } from '../domain/retry-totals.ts';
import { requireUnique } from '../domain/unique.ts';
import { buildBatch, records, trainStep } from './activities.ts';
import type { PolicyState, RunContext } from './inputs.ts';
import type { GroupReport } from './messages.ts';
import { said } from './said.ts';
import { addTotals, meanReward, NO_ROLLOUTS } from './totals.ts';

/** A step that was made: the policy after it, and the mean reward of its batch. */
export interface MadeStep {
  readonly policy: PolicyState;
  readonly reward: number;
}

/** The gradient step of a batch, of its whole groups alone; null where no group teaches anything. */
export async function makeStep(
  context: RunContext,
  policy: PolicyState,
  batch: readonly GroupReport[],
): Promise<MadeStep | null> {
  const { run, config } = context;
  const groups = batch
    .toSorted((a, b) => a.group - b.group)
    .flatMap(({ record }) => (record === null ? [] : [record]));
  requireUnique(
    'group',
    batch.map(({ group }) => group),
  );
  requireUnique('group record', groups);
  const totals = batch.map((report) => report.totals).reduce(addTotals, NO_ROLLOUTS);
  const retries = batch.map((report) => report.retries ?? NO_RETRIES).reduce(addRetries, NO_RETRIES);
  const step = policy.step + 1;
  const mean = meanReward(totals);
  const built = await buildBatch.executeWithOptions(
    said(context, `batch of step ${step}: ${groups.length} groups, mean reward ${mean.toFixed(3)}`),
    [{ run, step, config, groups }],
  );
  if (built.batch === null || policy.manifest === null) return null;
  const made = await trainStep.executeWithOptions(said(context, `step ${step}: ${built.samples} samples`), [
    { run, step, config, parent: policy.manifest, batch: built.batch },
  ]);
  const reward = Math.round(mean * 1e4) / 1e4;
  await records.recordStep.executeWithOptions(said(context, `record step ${step}`), [
    {
      run,
      step,
      policyVersion: made.policy.version,
      metrics: {
        ...made.metrics,
        'reward/mean': reward,
        'reward/resolved': totals.resolved / Math.max(1, totals.rollouts - totals.failed),
        'rollouts/scored': totals.rollouts - totals.failed,
        'rollouts/failed': totals.failed,
        ...retryMetrics(totals, retries),
        'batch/samples': built.samples,
        'batch/groups': groups.length,
        'batch/groups_without_variance': built.groupsWithoutVariance,
        'batch/untrainable': built.untrainable,
      },
    },
  ]);
  return { policy: { policy: made.policy, step: made.step, manifest: made.manifest }, reward };
}
