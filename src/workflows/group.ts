import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { FailureType } from '../domain/failures.ts';
import { isPermanent } from '../domain/failures.ts';
import { rolloutId } from '../domain/ids.ts';
import type { GroupResult, RolloutResult } from '../domain/trajectory.ts';
import { records } from './activities.ts';
import { knownFailure } from './failures.ts';
import type { GroupInput } from './inputs.ts';
import { groupEndedSignal } from './messages.ts';
import { inParallel } from './parallel.ts';
import { rollout } from './rollout.ts';
import { findableBy } from './search-attributes.ts';
import { totalsOf } from './totals.ts';

/** Replacements a member may have: enough for a lost host and one more, too few to hide a sick machine. */
const REPLACEMENTS = 2;

/** One instance, G rollouts under one policy version. Failed members alone are replaced. */
export async function group(input: GroupInput): Promise<GroupResult> {
  const results: RolloutResult[] = [];
  let failures = 0;
  const members = Array.from({ length: input.size }, (_, i) => i + 1);
  try {
    await inParallel(members, input.concurrency, async (member) => {
      for (let attempt = 1; ; attempt++) {
        const result = await attemptOf(input, member, attempt);
        if (result.status === 'failed') failures++;
        if (result.status !== 'failed' || attempt > REPLACEMENTS || isHopeless(result)) {
          results.push(result);
          setCurrentDetails(`${results.length} of ${input.size} rollouts ended, ${failures} failed attempts`);
          return;
        }
      }
    });
    return await report(input, results, failures, await recordOf(input, results));
  } catch (error) {
    if (isCancellation(error)) {
      await CancellationScope.nonCancellable(() => report(input, results, failures, null));
    }
    throw error;
  }
}

async function attemptOf(input: GroupInput, member: number, attempt: number): Promise<RolloutResult> {
  const { context, instance, group: number, policy } = input;
  const id = rolloutId(context.run, number, instance.instanceId, member, attempt);
  try {
    return await executeChild(rollout, {
      workflowId: id,
      args: [{ context, instance, group: number, member, attempt, policy }],
      staticSummary: `${instance.instanceId}, member ${member}${attempt > 1 ? `, attempt ${attempt}` : ''}`,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      typedSearchAttributes: findableBy(context.searchable, {
        run: context.run,
        instanceId: instance.instanceId,
        policyVersion: policy.version,
      }),
    });
  } catch (error) {
    // A rollout that was cancelled alone is no reason to end its group.
    const cancelled = isCancellation(error);
    if (cancelled && CancellationScope.current().consideredCancelled) throw error;
    const failure = knownFailure(error, 'Sandbox.Failed');
    if (failure === null) throw error;
    log.warn('rollout ended without a result', { rollout: id, ...failure });
    return {
      rollout: id,
      instanceId: instance.instanceId,
      status: cancelled ? 'cancelled' : 'failed',
      stopReason: cancelled ? 'cancelled' : 'failed',
      failureType: cancelled ? null : failure.type,
      reward: null,
      resolved: false,
      policyVersion: policy.version,
      turns: 0,
      trajectory: null,
    };
  }
}

/** A replacement would fail the same way. */
function isHopeless(result: RolloutResult): boolean {
  return result.failureType !== null && isPermanent(result.failureType as FailureType);
}

async function recordOf(input: GroupInput, results: readonly RolloutResult[]): Promise<string | null> {
  if (!results.some((result) => result.status === 'scored')) return null;
  const { context, group: number, purpose } = input;
  const { record } = await records.recordGroup.executeWithOptions({ summary: 'record the group' }, [
    { run: context.run, group: number, results: inOrder(results), config: context.config, purpose },
  ]);
  return record;
}

/** Tells the epoch, which may have continued as new since, and makes the result. */
async function report(
  input: GroupInput,
  results: readonly RolloutResult[],
  failures: number,
  record: string | null,
): Promise<GroupResult> {
  if (input.epoch !== null) {
    try {
      await getExternalWorkflowHandle(input.epoch).signal(groupEndedSignal, {
        group: input.group,
        totals: totalsOf(results),
        record,
      });
    } catch (error) {
      log.warn('no epoch to report to', { error });
    }
  }
  return {
    group: input.group,
    instanceId: input.instance.instanceId,
    results: inOrder(results),
    failures,
    record,
  };
}

/** By id, so that the record does not depend on who ended first. */
function inOrder(results: readonly RolloutResult[]): RolloutResult[] {
  return results.toSorted((a, b) => (a.rollout < b.rollout ? -1 : 1));
}
