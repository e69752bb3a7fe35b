import {
  CancellationScope,
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  patched,
  setCurrentDetails,
  startChild,
} from '@temporalio/workflow';
import { isPermanent, type FailureType } from '../domain/failures.ts';
import { rolloutId } from '../domain/ids.ts';
import { retriesOf, type LastAttempt } from '../domain/retry-totals.ts';
import { totalsOf } from '../domain/rollout-totals.ts';
import type { GroupResult, RolloutResult } from '../domain/trajectory.ts';
import { requireUnique } from '../domain/unique.ts';
import { records } from './activities.ts';
import { ChildOrders } from './child-orders.ts';
import { knownFailure, type KnownFailure } from './failures.ts';
import { Hold } from './hold.ts';
import type { GroupInput } from './inputs.ts';
import { attemptFailedSignal, groupEndedSignal } from './messages.ts';
import { inParallel } from './parallel.ts';
import { rollout } from './rollout.ts';
import { TASK_TIMEOUT } from './run-parts.ts';
import { said } from './said.ts';
import { findableBy } from './search-attributes.ts';

/** Replacements a member may have: enough for a lost host and one more, too few to hide a sick machine. */
const REPLACEMENTS = 2;

/** A group's record, and whether it has a lesson where its worker says so. */
interface Recorded {
  readonly record: string | null;
  readonly teaches?: boolean;
}

const UNRECORDED: Recorded = { record: null };

/**
 * One instance, G rollouts under one policy version. Failed members alone are replaced, each up to its budget. A group of
 * a train run that stays incomplete is given up: recorded, but trained on by nobody, since a mean and advantages over the
 * members that happened to survive would be biased. Elsewhere the scored members count.
 */
export async function group(input: GroupInput): Promise<GroupResult> {
  return await new Group(input).run();
}

class Group {
  private readonly members: LastAttempt[] = [];
  private failures = 0;
  private readonly orders = new ChildOrders();
  private readonly hold = new Hold((reason) => this.orders.setHold(reason));

  private readonly input: GroupInput;

  constructor(input: GroupInput) {
    this.input = input;
  }

  async run(): Promise<GroupResult> {
    const { size, concurrency } = this.input;
    try {
      const numbers = Array.from({ length: size }, (_, i) => i + 1);
      await inParallel(numbers, concurrency, (member) => this.carryOut(member));
      return await this.report(await this.record());
    } catch (error) {
      if (isCancellation(error)) await CancellationScope.nonCancellable(() => this.report(UNRECORDED));
      throw error;
    }
  }

  /** Attempts of one member until one is scored, or its budget is used up. */
  private async carryOut(member: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.hold.released();
      const { failureMessage = '', ...result } = await this.attempt(member, attempt);
      if (result.status === 'failed') {
        this.failures++;
        await this.tellFailure({ type: result.failureType ?? 'Sandbox.Failed', message: failureMessage });
      }
      if (result.status !== 'failed' || attempt > REPLACEMENTS || isHopeless(result)) {
        this.members.push({ attempt, result });
        const { length } = this.members;
        setCurrentDetails(`${length} of ${this.input.size} rollouts ended, ${this.failures} failed attempts`);
        return;
      }
    }
  }

  private async attempt(member: number, attempt: number): Promise<RolloutResult> {
    const { context, instance, group: number, policy } = this.input;
    const id = rolloutId(context.run, number, instance.instanceId, member, attempt);
    try {
      const child = await startChild(rollout, {
        workflowId: id,
        args: [{ context, instance, group: number, member, attempt, policy }],
        staticSummary: `${instance.instanceId}, member ${member}${attempt > 1 ? `, attempt ${attempt}` : ''}`,
        workflowTaskTimeout: TASK_TIMEOUT,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        typedSearchAttributes: findableBy(context.searchable, {
          run: context.run,
          instanceId: instance.instanceId,
          policyVersion: policy.version,
        }),
      });
      this.orders.add(id);
      return await child.result();
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
        ...(cancelled ? {} : { failureMessage: failure.message }),
        reward: null,
        resolved: false,
        policyVersion: policy.version,
        turns: 0,
        trajectory: null,
      };
    } finally {
      this.orders.delete(id);
    }
  }

  /** The epoch counts failures as they come: a group that takes an hour to end would tell it too late. */
  private async tellFailure(failure: KnownFailure): Promise<void> {
    const { epoch } = this.input;
    if (epoch === null || !patched('failures-told')) return;
    await told(() => getExternalWorkflowHandle(epoch).signal(attemptFailedSignal, failure));
  }

  private get givenUp(): boolean {
    return this.input.purpose === 'train' && this.members.some(({ result }) => result.status !== 'scored');
  }

  /** By id, so that the record does not depend on who ended first. */
  private get results(): RolloutResult[] {
    return this.members.map(({ result }) => result).toSorted((a, b) => (a.rollout < b.rollout ? -1 : 1));
  }

  private async record(): Promise<Recorded> {
    const { results, givenUp } = this;
    const { context, group: number, purpose, epochNumber: epoch } = this.input;
    requireUnique(
      'rollout',
      results.map((result) => result.rollout),
    );
    const scored = results.some(({ status }) => status === 'scored');
    if (!scored && !(givenUp && patched('given-up-recorded'))) return UNRECORDED;
    return await records.recordGroup.executeWithOptions(said(context, 'record the group'), [
      {
        run: context.run,
        group: number,
        results,
        config: context.config,
        purpose,
        givenUp,
        ...(epoch === undefined ? {} : { epoch }),
      },
    ]);
  }

  /** Tells the epoch, which may have continued as new since, and makes the result. */
  private async report({ record, teaches }: Recorded): Promise<GroupResult> {
    const { group: number, instance, epoch, policy } = this.input;
    const { results, givenUp, failures } = this;
    if (epoch !== null) {
      const sums = { totals: totalsOf(results), retries: retriesOf(this.members, givenUp) };
      const ended = {
        group: number,
        policyVersion: policy.version,
        ...sums,
        record: givenUp ? null : record,
        ...(teaches === undefined ? {} : { teaches }),
      };
      await told(() => getExternalWorkflowHandle(epoch).signal(groupEndedSignal, ended));
    }
    return { group: number, instanceId: instance.instanceId, failures, givenUp, record };
  }
}

/** A replacement would fail the same way; a record that was damaged, in contrast, is written anew by one. */
function isHopeless({ failureType }: RolloutResult): boolean {
  return (
    failureType !== null && failureType !== 'Artifact.Corrupt' && isPermanent(failureType as FailureType)
  );
}

/** An epoch that has gone is no reason to stop. */
async function told(tell: () => Promise<void>): Promise<void> {
  try {
    await tell();
  } catch (error) {
    log.warn('no epoch to report to', { error });
  }
}
