import { isCancellation, log, patched } from '@temporalio/workflow';
import { addRetries, NO_RETRIES, retryMetrics } from '../domain/retry-totals.ts';
import {
  addTotals,
  maskedOf,
  meanBaseline,
  meanUnmaskedReward,
  NO_ROLLOUTS,
  scoredOf,
} from '../domain/rollout-totals.ts';
import type { Counts, RolloutTotals } from '../domain/run-summary.ts';
import { requireUnique } from '../domain/unique.ts';
import { buildBatch, pruneCheckpoints, records, trainStep } from './activities.ts';
import { knownFailure } from './failures.ts';
import type { PolicyState, RunContext } from './inputs.ts';
import type { GroupReport } from './messages.ts';
import { said } from './said.ts';

/** A step that was made: the policy after it, and the mean reward of its batch. */
interface MadeStep {
  readonly kind: 'made';
  readonly policy: PolicyState;
  readonly reward: number;
}

/** No step: no group teaches anything. A refused batch has a reason that a person should hear of. */
interface NoStep {
  readonly kind: 'none';
  readonly refused: string | null;
}

/** The gradient step of a batch, of its whole groups alone; `told` are metrics that only the epoch knows of. */
export async function makeStep(
  context: RunContext,
  policy: PolicyState,
  batch: readonly GroupReport[],
  told: Readonly<Record<string, number>> = {},
): Promise<MadeStep | NoStep> {
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
  const mean = meanUnmaskedReward(totals) ?? 0;
  const built = await buildBatch.executeWithOptions(
    said(context, `batch of step ${step}: ${groups.length} groups, mean reward ${mean.toFixed(3)}`),
    [{ run, step, config, groups }],
  );
  if (built.batch === null || policy.manifest === null) {
    return { kind: 'none', refused: built.refused ?? refusalOfFailed(context, totals) };
  }
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
        ...rewardMetrics(totals),
        ...retryMetrics(totals, retries),
        ...stalenessMetrics(policy.policy.version, batch),
        'batch/samples': built.samples,
        'batch/groups': groups.length,
        'batch/groups_without_variance': built.groupsWithoutVariance,
        'batch/groups_too_small': built.groupsTooSmall ?? 0,
        'batch/untrainable': built.untrainable,
        ...told,
      },
    },
  ]);
  if (context.prunes === true) await prune(context);
  return {
    kind: 'made',
    policy: { policy: made.policy, step: made.step, manifest: made.manifest },
    reward,
  };
}

/** What cannot be deleted now is deleted after a later step: no reason to lose this one. */
async function prune(context: RunContext): Promise<void> {
  const { run, config } = context;
  try {
    await pruneCheckpoints.executeWithOptions(said(context, 'delete old checkpoints'), [{ run, config }]);
  } catch (error) {
    if (isCancellation(error) || knownFailure(error, 'Trainer.Unreachable') === null) throw error;
    log.warn('checkpoints not deleted', { error });
  }
}

/** How many steps old the groups of a batch are. */
function stalenessMetrics(version: number, batch: readonly GroupReport[]): Record<string, number> {
  const ages = batch.flatMap(({ policyVersion }) =>
    policyVersion === undefined ? [] : [version - policyVersion],
  );
  if (ages.length === 0) return {};
  const sum = ages.reduce((total, age) => total + age, 0);
  return { 'batch/staleness_mean': sum / ages.length, 'batch/staleness_max': Math.max(...ages) };
}

/** What a batch's rewards came to; findings as the share of scored rollouts that have one of the kind. */
function rewardMetrics(totals: RolloutTotals): Record<string, number> {
  const scored = scoredOf(totals);
  const share = (count: number) => count / Math.max(1, scored);
  const baseline = meanBaseline(totals);
  return {
    ...(baseline === null ? {} : { 'reward/baseline': baseline }),
    'reward/resolved': share(totals.resolved),
    'rollouts/scored': scored,
    'rollouts/failed': totals.failed,
    'rollouts/masked': maskedOf(totals),
    ...named('masked', totals.masked, Number),
    ...named('findings', totals.findings, share),
    'grading/verified': totals.verified ?? 0,
    'grading/disagreed': totals.findings?.['grading_disagrees'] ?? 0,
  };
}

/** Counts as metrics of a family. */
function named(
  family: string,
  counts: Counts | undefined,
  value: (count: number) => number,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts ?? {}).map(([name, count]) => [`${family}/${name}`, value(count)]),
  );
}

/** A batch all of whose rollouts failed reached no group record; a run that may fail without end is not held for it. */
function refusalOfFailed(context: RunContext, { rollouts, failed }: RolloutTotals): string | null {
  if (failed < rollouts || (context.maxFailedShare ?? 1) >= 1 || !patched('batches-refused')) return null;
  return `every rollout of the batch failed, ${failed} of ${rollouts}`;
}
