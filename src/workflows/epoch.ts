import {
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  TemporalFailure,
} from '@temporalio/workflow';
import { NO_ATTEMPTS, tooManyFailures, withFailure } from '../domain/failure-window.ts';
import { meanReward } from '../domain/rollout-totals.ts';
import { resultOf, stateAfter, stateAtStart, type EpochResult } from './epoch-state.ts';
import { GroupWindow } from './group-window.ts';
import { hasGrownLong } from './history.ts';
import { Hold } from './hold.ts';
import type { EpochInput, EpochState } from './inputs.ts';
import { InstanceCursor } from './instance-cursor.ts';
import { makeStep } from './make-step.ts';
import { attemptFailedSignal, drainSignal, type GroupReport } from './messages.ts';
import { reportPhase } from './report-phase.ts';
import { UntrainedGroups } from './untrained-groups.ts';

/** Progress is told to the run about this many times an epoch: each telling is four events there. */
const REPORTS = 100;

/**
 * One pass over a list. In train mode batch by batch: groups, batch file, gradient step, next policy version. Otherwise a
 * sliding window of groups. Held, it begins nothing; drained, it finishes what it has begun. Continues as new with its
 * cursor and the groups still in flight.
 */
export async function epoch(input: EpochInput): Promise<EpochResult> {
  return await new Epoch(input).run();
}

class Epoch {
  private state: EpochState;
  private readonly window: GroupWindow;
  private readonly instances: InstanceCursor;
  private readonly hold: Hold;
  private readonly untrained: UntrainedGroups;
  private batch: GroupReport[] = [];
  private toldGroups: number;
  private telling = 0;
  /** Whether it is about to continue as new, and whether it starts no more groups while it trains. */
  private isClosing = false;
  private hasSampled = false;
  private readonly input: EpochInput;

  constructor(input: EpochInput) {
    this.input = input;
    this.state = stateAtStart(input);
    this.toldGroups = this.state.groupsDone;
    this.untrained = new UntrainedGroups(input.firstGroup, this.state);
    this.instances = new InstanceCursor(input.context, input.list);
    this.window = new GroupWindow(input, this.state, (report) => this.onReport(report));
    this.hold = new Hold((reason) => this.onHold(reason), this.state.held);
    setHandler(attemptFailedSignal, (failure) => this.onFailure(failure));
    setHandler(drainSignal, () => {
      this.state = { ...this.state, draining: true };
      this.hold.set(null);
    });
  }

  async run(): Promise<EpochResult> {
    try {
      if (this.input.mode !== 'train') await this.collect();
      else if (this.input.maxStaleness === undefined) await this.train();
      else await this.trainAndSample(this.input.maxStaleness);
    } catch (error) {
      // A bug, in contrast, fails the task and must command nothing.
      if (isCancellation(error) || error instanceof TemporalFailure) await this.window.cancel();
      throw error;
    }
    return resultOf(this.state);
  }

  /** Batch by batch: every rollout is sampled from the newest policy version. */
  private async train(): Promise<void> {
    const { list, batchSize } = this.input;
    while (this.state.cursor < list.count && !this.state.draining) {
      this.batch = [];
      const end = Math.min(list.count, this.state.cursor + batchSize);
      while (this.state.cursor < end && (await this.startNext())) await this.tellSometimes();
      await this.allEnded();
      await this.hold.released();
      if (this.batch.length > 0) await this.step();
      await this.continueWhenLong();
    }
  }

  /** Steps in the order of the list, while groups of coming batches are sampled from policies that are some steps old. */
  private async trainAndSample(maxStaleness: number): Promise<void> {
    const most = (maxStaleness + 1) * this.input.batchSize;
    await Promise.all([this.sampleAhead(most), this.trainInOrder()]);
  }

  /** Starts groups that are at most `most` instances ahead of those whose batch has had its step. */
  private async sampleAhead(most: number): Promise<void> {
    const isDue = (): boolean => this.isEnding || this.state.cursor < this.untrained.trained + most;
    while (this.state.cursor < this.input.list.count) {
      await condition(isDue);
      if (this.isEnding || !(await this.startNext())) break;
      await this.tellSometimes();
    }
    this.hasSampled = true;
  }

  private async trainInOrder(): Promise<void> {
    const { list, batchSize } = this.input;
    while (this.untrained.trained < list.count) {
      const from = this.untrained.trained;
      const end = Math.min(list.count, from + batchSize);
      // Drained, the last batch is what has been begun of it.
      const isCut = (): boolean =>
        this.hasSampled && this.state.cursor < end && this.window.inFlight.length === 0;
      await this.window.until(() => this.untrained.before(end).length === end - from || isCut());
      this.batch = this.untrained.before(end);
      if (this.batch.length === 0) return;
      await this.hold.released();
      await this.step();
      this.untrained.trainedTo(end);
      await this.continueWhenLong();
    }
  }

  /** A sliding window: the next group starts as soon as one has ended. */
  private async collect(): Promise<void> {
    while (this.state.cursor < this.input.list.count && (await this.startNext())) {
      await this.tellSometimes();
      await this.continueWhenLong();
    }
    await this.allEnded();
    await this.tell(null);
  }

  /** Starts the next group once there is room and nothing holds it; false when there is to be no other. */
  private async startNext(): Promise<boolean> {
    const { cursor, nextGroup } = this.state;
    const stopped = () => this.hold.reason !== null || this.isEnding;
    const instance = await this.instances.at(cursor);
    do {
      await this.hold.released();
      await this.window.room(stopped);
    } while (this.hold.reason !== null);
    if (this.isEnding) return false;
    // The newest of now: a step may have been made meanwhile.
    const { policy } = this.state;
    this.state = { ...this.state, cursor: cursor + 1, nextGroup: nextGroup + 1 };
    this.show(`batch of policy ${policy.policy.version}`);
    await this.window.start(instance, nextGroup, policy.policy);
    return true;
  }

  /** The gradient step of a batch; none where no group teaches anything, and a hold where its rewards are not the policy's. */
  private async step(): Promise<void> {
    this.show(`training step ${this.state.policy.step + 1}`);
    const made = await makeStep(this.input.context, this.state.policy, this.batch);
    if (made.kind === 'none') {
      this.state = { ...this.state, stepsWithoutLesson: this.state.stepsWithoutLesson + 1 };
      await this.tell(null);
      if (made.refused === null) return;
      this.holdItself(made.refused);
      // An epoch of which it was the last batch does not end either before a person has looked.
      await this.hold.released();
      return;
    }
    const { policy, reward } = made;
    const index = this.state.rewardByStep.length;
    this.state = { ...this.state, policy, rewardByStep: [...this.state.rewardByStep, reward] };
    await this.tell({ index, reward });
  }

  private onReport(report: GroupReport): void {
    if (this.input.maxStaleness !== undefined) this.untrained.add(report);
    else if (this.input.mode === 'train') this.batch.push(report);
    this.state = stateAfter(this.state, report);
  }

  /** Too many failures hold the run. */
  private onFailure(failure: { readonly type: string; readonly message: string }): void {
    const failures = withFailure(this.state.failures, failure);
    this.state = { ...this.state, failures };
    const reason = tooManyFailures(failures, this.input.context.maxFailedShare ?? 1);
    if (reason !== null) this.holdItself(reason);
  }

  /** Holds this epoch at once, and then its run, which alone lets it go again. */
  private holdItself(reason: string): void {
    if (this.state.draining || this.hold.reason !== null) return;
    this.hold.set(reason);
    void this.tellOfHold(reason);
  }

  private async tellOfHold(reason: string): Promise<void> {
    this.telling += 1;
    await reportPhase(this.input.reportTo, { phase: 'held', reason });
    this.telling -= 1;
  }

  private onHold(reason: string | null): void {
    this.window.setHold(reason);
    const failures = reason === null ? NO_ATTEMPTS : this.state.failures;
    this.state = { ...this.state, held: reason, failures };
    this.show(reason === null ? 'going on' : `held: ${reason}`);
  }

  /** Waits for all groups, and tells of progress meanwhile. */
  private async allEnded(): Promise<void> {
    for (let left = this.window.inFlight.length; left > 0; left--) {
      await this.window.shrinkTo(left - 1);
      await this.tellSometimes();
    }
  }

  private async tellSometimes(): Promise<void> {
    const every = Math.max(1, Math.ceil(this.input.list.count / REPORTS));
    if (this.state.groupsDone - this.toldGroups >= every) await this.tell(null);
  }

  private async tell(made: { index: number; reward: number } | null): Promise<void> {
    const { list, rolloutsPerInstance, purpose, reportTo } = this.input;
    const { totals, retries } = this.state;
    this.toldGroups = this.state.groupsDone;
    await reportPhase(reportTo, {
      phase: 'epoch',
      purpose,
      done: totals.rollouts,
      total: list.count * rolloutsPerInstance,
      totals,
      retries,
      made,
      policyVersion: this.state.policy.policy.version,
    });
  }

  private async continueWhenLong(): Promise<void> {
    if (this.state.cursor >= this.input.list.count || !hasGrownLong(this.input.historyLimit)) return;
    this.isClosing = true;
    if (this.input.maxStaleness !== undefined) await condition(() => this.hasSampled);
    // A signal on its way is lost with the execution that sent it, and a run that never heard of a hold lets nobody go.
    await condition(() => this.window.idle && this.telling === 0);
    await continueAsNew<typeof epoch>({
      ...this.input,
      carried: {
        ...this.state,
        inFlight: this.window.inFlight,
        ...(this.input.maxStaleness === undefined ? {} : this.untrained.carried),
      },
    });
  }

  /** Whether no other group is to be started by this execution. */
  private get isEnding(): boolean {
    return this.isClosing || this.state.draining;
  }

  private show(what: string): void {
    const { totals, cursor } = this.state;
    setCurrentDetails(
      `${what}: instance ${cursor} of ${this.input.list.count}; ${totals.rollouts} rollouts ended, ` +
        `${totals.failed} failed, mean reward ${(meanReward(totals) ?? 0).toFixed(3)}`,
    );
  }
}
