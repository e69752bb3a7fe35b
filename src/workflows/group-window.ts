import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  condition,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { InstanceRef } from '../activities/contract.ts';
import { groupId } from '../domain/ids.ts';
import type { Policy } from '../domain/run-config.ts';
import { NO_RETRIES } from '../domain/retry-totals.ts';
import { records } from './activities.ts';
import { ChildOrders } from './child-orders.ts';
import { group } from './group.ts';
import type { EpochInput, EpochState, GroupInFlight } from './inputs.ts';
import { groupEndedSignal, type GroupReport } from './messages.ts';
import { TASK_TIMEOUT } from './run-parts.ts';
import { said } from './said.ts';
import { findableBy } from './search-attributes.ts';
import { widthsFor } from './widths.ts';

/** How long a silent window waits before it asks whether its groups still run. */
const SILENCE = '10 min';

/** How long an epoch that was cancelled waits for its groups to close their sandboxes. */
const FAREWELL = '3 min';

/**
 * The groups that an epoch has in flight. They outlive its continuing as new, so they are abandoned children that
 * signal their end to its id; cancellation is forwarded by hand.
 */
export class GroupWindow {
  private readonly waiting: Map<number, GroupInFlight>;
  private readonly widths: { groups: number; members: number };

  private readonly orders: ChildOrders;
  /** Groups of which the server has not said yet that they have begun. */
  private starting = 0;

  private readonly input: EpochInput;
  private readonly onReport: (report: GroupReport) => void;

  /** `onReport` is called once for each group; `carried` are those of an earlier execution, under its hold. */
  constructor(
    input: EpochInput,
    carried: Pick<EpochState, 'inFlight' | 'held'>,
    onReport: (report: GroupReport) => void,
  ) {
    this.input = input;
    this.onReport = onReport;
    this.waiting = new Map(carried.inFlight.map((item) => [item.group, item]));
    this.orders = new ChildOrders(carried.held);
    for (const { group: number } of carried.inFlight)
      this.orders.add(this.idOf(number), { hold: carried.held });
    this.widths = widthsFor(input.concurrency, input.rolloutsPerInstance);
    setHandler(groupEndedSignal, (report) => this.settle(report));
  }

  get inFlight(): readonly GroupInFlight[] {
    return [...this.waiting.values()];
  }

  /** Whether every group has heard of the present hold. */
  get idle(): boolean {
    return this.orders.idle;
  }

  /** Holds the groups in flight, or lets them go. */
  setHold(reason: string | null): void {
    this.orders.setHold(reason);
  }

  /** Waits for room for another group, or until `interrupted`. */
  async room(interrupted: () => boolean): Promise<void> {
    await this.until(() => this.waiting.size < this.widths.groups || interrupted());
  }

  /** Starts a group, of an epoch by its number where it is to be trained on. */
  async start(instance: InstanceRef, number: number, policy: Policy, epochNumber?: number): Promise<void> {
    this.waiting.set(number, { group: number, instanceId: instance.instanceId });
    this.starting += 1;
    try {
      const child = await this.startChild(instance, number, policy, epochNumber);
      this.orders.add(this.idOf(number));
      this.watch(number, child.result());
    } finally {
      this.starting -= 1;
    }
  }

  /** Waits until at most `left` groups have not reported. */
  async shrinkTo(left: number): Promise<void> {
    await this.until(() => this.waiting.size <= left);
  }

  /** Cancels all groups and waits, for a while, until they have closed what they held. */
  async cancel(): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      // The server refuses a task that starts a group and cancels it: the epoch would hang.
      await condition(() => this.starting === 0);
      for (const { group: number } of this.inFlight) {
        const handle = getExternalWorkflowHandle(this.idOf(number));
        // A group that has just ended cannot be cancelled, and need not be.
        await handle.cancel().catch((error: unknown) => log.info('group not cancelled', { number, error }));
      }
      await condition(() => this.waiting.size === 0, FAREWELL);
    });
  }

  private startChild(
    instance: InstanceRef,
    number: number,
    policy: Policy,
    epochNumber: number | undefined,
  ): Promise<ChildWorkflowHandle<typeof group>> {
    const { context, rolloutsPerInstance, purpose } = this.input;
    // Outside this scope's cancellation, which would settle the child before it has closed its sandboxes.
    return CancellationScope.nonCancellable(() =>
      startChild(group, {
        workflowId: this.idOf(number),
        workflowTaskTimeout: TASK_TIMEOUT,
        args: [
          {
            context,
            instance,
            group: number,
            size: rolloutsPerInstance,
            concurrency: this.widths.members,
            policy,
            purpose,
            epoch: workflowInfo().workflowId,
            ...(epochNumber === undefined ? {} : { epochNumber }),
          },
        ],
        staticSummary: `${instance.instanceId}, ${rolloutsPerInstance} rollouts of policy ${policy.version}`,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        typedSearchAttributes: findableBy(context.searchable, {
          run: context.run,
          instanceId: instance.instanceId,
          policyVersion: policy.version,
        }),
      }),
    );
  }

  /** Groups of this execution report their death too: a terminated one sends no signal. */
  private watch(number: number, result: Promise<unknown>): void {
    result.catch(() => this.settle(this.lost(number)));
  }

  /** Waits; after a long silence asks about groups of earlier executions, whose end nobody else would tell. */
  async until(reached: () => boolean): Promise<void> {
    // Asked first without a time limit, which would cost a timer's two events.
    if (reached()) return;
    while (!(await condition(reached, SILENCE))) {
      const ids = new Map(this.inFlight.map((item) => [this.idOf(item.group), item.group]));
      const closed = await records.closedWorkflows.executeWithOptions(
        said(this.input.context, `do ${ids.size} groups still run?`),
        [{ ids: [...ids.keys()] }],
      );
      for (const id of closed) this.settle(this.lost(ids.get(id) ?? 0));
    }
  }

  /** What is known of a group that sends no report. */
  private lost(number: number): GroupReport {
    const failed = this.input.rolloutsPerInstance;
    const groupsGivenUp = this.input.purpose === 'train' ? 1 : 0;
    return {
      group: number,
      totals: { rollouts: failed, failed, rewardSum: 0, resolved: 0 },
      retries: { ...NO_RETRIES, attempts: failed, failedAttempts: failed, groupsGivenUp },
      record: null,
    };
  }

  /** The first word on a group counts. */
  private settle(report: GroupReport): void {
    if (!this.waiting.delete(report.group)) return;
    this.orders.delete(this.idOf(report.group));
    this.onReport(report);
  }

  private idOf(number: number): string {
    return groupId(this.input.context.run, number);
  }
}
