import { startChild, workflowInfo, type ChildWorkflowHandle } from '@temporalio/workflow';
import type { InstanceList, ResolvedRun, RunPlan } from '../activities/contract.ts';
import { epoch } from './epoch.ts';
import { evaluate } from './evaluate.ts';
import { filter } from './filter.ts';
import { CHILD, type EpochList } from './run-parts.ts';
import { contextOf, type PreparedRun } from './run-state.ts';

/** Starts the quality filter over a run's list. */
export async function startFilter(
  resolved: ResolvedRun,
  list: InstanceList,
): Promise<ChildWorkflowHandle<typeof filter>> {
  const { plan, run } = resolved;
  return await startChild(filter, {
    ...CHILD,
    workflowId: `${run}/filter`,
    args: [
      {
        context: contextOf(resolved),
        list,
        keep: plan.numInstances,
        concurrency: plan.concurrency,
        reportTo: workflowInfo().workflowId,
        ...(plan.flakeChance === undefined ? {} : { flakeChance: plan.flakeChance }),
      },
    ],
    staticSummary: `judges ${list.count} instances, keeps ${plan.numInstances ?? 'all that pass'}`,
  });
}

/** Starts an evaluation of a run's present policy. */
export async function startEvaluate(
  state: PreparedRun,
  when: 'before' | 'after',
  evaluation: NonNullable<RunPlan['evaluation']>,
): Promise<ChildWorkflowHandle<typeof evaluate>> {
  const { plan, run } = state.resolved;
  return await startChild(evaluate, {
    ...CHILD,
    workflowId: `${run}/evaluate-${when}`,
    args: [
      {
        context: contextOf(state.resolved),
        when,
        sets: evaluation.sets,
        requireNonZeroTests: plan.requireNonZeroTests,
        rolloutsPerInstance: evaluation.rolloutsPerInstance,
        concurrency: plan.concurrency,
        policy: state.policy.policy,
        firstGroup: state.nextGroup,
        reportTo: workflowInfo().workflowId,
      },
    ],
    staticSummary: `policy ${state.policy.policy.version} on ${evaluation.sets.length} sets`,
  });
}

/** Starts an epoch over a list in its order, and over those up to the `last` in orders that it draws itself. */
export async function startEpoch(
  state: PreparedRun,
  { number, last, list }: { readonly number: number; readonly last: number; readonly list: EpochList },
): Promise<ChildWorkflowHandle<typeof epoch>> {
  const { plan, run } = state.resolved;
  const { ref, count, curriculum } = list;
  return await startChild(epoch, {
    ...CHILD,
    workflowId: `${run}/epoch-${number}`,
    args: [
      {
        context: contextOf(state.resolved),
        mode: plan.mode,
        purpose: plan.mode,
        number,
        list: { ref, count },
        ...(last === number ? {} : { further: { list: state.list, last } }),
        rolloutsPerInstance: plan.rolloutsPerInstance,
        batchSize: plan.batchSize,
        concurrency: plan.concurrency,
        start: state.policy,
        firstGroup: state.nextGroup,
        reportTo: workflowInfo().workflowId,
        ...(state.failures === undefined ? {} : { failures: state.failures }),
        ...(plan.maxStaleness === undefined ? {} : { maxStaleness: plan.maxStaleness }),
        ...(curriculum === undefined ? {} : { curriculum }),
        ...(plan.oversample === undefined ? {} : { oversample: plan.oversample }),
      },
    ],
    staticSummary: `epoch ${number}${last === number ? '' : ` to ${last}`} of ${plan.epochs}: ${count} instances`,
  });
}
