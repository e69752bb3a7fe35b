import { condition, continueAsNew, patched, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { NO_ATTEMPTS, tooManyFailures, withFailure } from '../domain/failure-window.ts';
import { meanReward } from '../domain/rollout-totals.ts';
import type { epoch } from './epoch.ts';
import { stateAfter, stateAtStart } from './epoch-state.ts';
import { knownFailure } from './failures.ts';
import { GroupWindow } from './group-window.ts';
import { hasGrownLong } from './history.ts';
import { Hold } from './hold.ts';
import type { EpochInput, EpochState } from './inputs.ts';
import { makeStep } from './make-step.ts';
import { epochMetrics } from './epoch-metrics.ts';
import { attemptFailedSignal, drainSignal, type GroupReport } from './messages.ts';
import { Passes } from './passes.ts';
import { reportPhase } from './report-phase.ts';
import { UntrainedGroups } from './untrained-groups.ts';

/** Progress is told to the run about this many times an epoch: each telling is four events there. */
const REPORTS = 100;

/**
 * What the ways of working through a list are made of: it starts groups, makes steps, stands still, tells its run and
 * continues as new. Each way decides what comes when.
 */
export class RunningEpoch {
  readonly input: EpochInput;
  readonly window: GroupWindow;
  readonly hold: Hold;
  /** Of train mode. */
  readonly untrained: UntrainedGroups;
  private now: EpochState;
  private readonly passes: Passes;
  private toldGroups: number;
  private telling = 0;
  /** Whether it is about to continue as new, or to fail. */
  private isClosing = false;

  constructor(input: EpochInput) {
    this.input = input;
    this.now = stateAtStart(input);
    this.toldGroups = this.now.groupsDone;
    this.untrained = new UntrainedGroups(input, this.now);
    this.passes = new Passes(input, this.now.pass);
    this.window = new GroupWindow(input, this.now, (report) => this.onReport(report));
    this.hold = new Hold((reason) => this.onHold(reason), this.now.held);
    setHandler(attemptFailedSignal, (failure) => this.onFailure(failure));
    setHandler(drainSignal, () => {
      this.now = { ...this.now, draining: true };
      this.hold.set(null);
    });
  }

  get state(): EpochState {
    return this.now;
  }

  /** Position after the last instance; null as long as it is not known. */
  get end(): number | null {
    return this.passes.end;
  }

  /** Whether there are, or may be, instances that were not begun. */
  get hasMore(): boolean {
    return this.end === null || this.now.cursor < this.end;
  }

  /** Whether no other group is to be started by this execution. */
  get isEnding(): boolean {
    return this.isClosing || this.now.draining;
  }

  /** Starts the next group once there is room and nothing holds it; false when there is no other, or is to be none. */
  async startNext(): Promise<boolean> {
    const { cursor, nextGroup } = this.now;
    const stopped = () => this.hold.reason !== null || this.isEnding;
    const instance = await this.passes.at(cursor);
    if (instance === null) return false;
    do {
      await this.hold.released();
      await this.window.room(stopped);
    } while (this.hold.reason !== null);
    if (this.isEnding) return false;
    // The newest of now: a step may have been made meanwhile.
    const { policy } = this.now;
    this.now = { ...this.now, cursor: cursor + 1, nextGroup: nextGroup + 1 };
    this.show(`batch of policy ${policy.policy.version}`);
    const epochNumber = this.input.number === undefined ? undefined : this.passes.current.number;
    await this.window.start(instance, nextGroup, policy.policy, epochNumber);
    return true;
  }

  /** The gradient step of a batch; none where no group teaches anything, and a hold where its rewards are not the policy's. */
  async step(batch: readonly GroupReport[]): Promise<void> {
    this.show(`training step ${this.now.policy.step + 1}`);
    const made = await this.madeOnce(batch);
    if (made.kind === 'none') {
      this.now = { ...this.now, stepsWithoutLesson: this.now.stepsWithoutLesson + 1 };
      await this.tell(null);
      // An epoch of which it was the last batch does not end either before a person has looked.
      if (made.refused !== null) await this.heldFor(made.refused);
      return;
    }
    const { policy, reward } = made;
    const index = this.now.rewardByStep.length;
    this.now = { ...this.now, policy, rewardByStep: [...this.now.rewardByStep, reward] };
    await this.tell({ index, reward });
  }

  /** A step of which nobody knows whether it was made holds the run; whoever lets it go has looked, and it is asked for again. */
  private async madeOnce(batch: readonly GroupReport[]): ReturnType<typeof makeStep> {
    for (;;) {
      try {
        return await makeStep(this.input.context, this.now.policy, batch, epochMetrics(this.input, batch));
      } catch (error) {
        const failure = knownFailure(error, 'Trainer.Unreachable');
        if (failure?.type !== 'Trainer.Doubtful' || this.now.draining) throw error;
        await this.heldFor(failure.message);
      }
    }
  }

  /** Holds the run until somebody lets it go who has read this reason: a pause that came before says nothing of it. */
  private async heldFor(reason: string): Promise<void> {
    await this.hold.released();
    this.holdItself(reason);
    await this.hold.released();
  }

  /** Cancels the groups in flight; what samples beside a step that has failed begins no other in their places. */
  async cancel(): Promise<void> {
    if (patched('failure-ends-sampling')) this.isClosing = true;
    await this.window.cancel();
  }

  /** Waits for all groups, and tells of progress meanwhile. */
  async allEnded(): Promise<void> {
    for (let left = this.window.inFlight.length; left > 0; left--) {
      await this.window.shrinkTo(left - 1);
      await this.tellSometimes();
    }
  }

  /** Tells the run how far it is, where enough has happened since the last time. */
  async tellSometimes(): Promise<void> {
    const every = Math.max(1, Math.ceil(this.passes.expected / REPORTS));
    if (this.now.groupsDone - this.toldGroups >= every) await this.tell(null);
  }

  /** Tells the run how far it is, and of a step that was just made. */
  async tell(made: { index: number; reward: number } | null): Promise<void> {
    const { rolloutsPerInstance, purpose, reportTo } = this.input;
    const { totals, retries } = this.now;
    this.toldGroups = this.now.groupsDone;
    await reportPhase(reportTo, {
      phase: 'epoch',
      purpose,
      done: totals.rollouts,
      total: this.passes.expected * rolloutsPerInstance,
      totals,
      retries,
      made,
      policyVersion: this.now.policy.policy.version,
    });
  }

  /** Continues as new where the history has grown long, once `isReady` and everything on its way has arrived. */
  async continueWhenLong(isReady: () => boolean = () => true): Promise<void> {
    if (!this.hasMore || !hasGrownLong(this.input.historyLimit)) return;
    this.isClosing = true;
    // A signal on its way is lost with the execution that sent it, and a run that never heard of a hold lets nobody go.
    await condition(() => isReady() && this.window.idle && this.telling === 0);
    await continueAsNew<typeof epoch>({
      ...this.input,
      carried: {
        ...this.now,
        inFlight: this.window.inFlight,
        pass: this.passes.current,
        ...(this.input.mode === 'train' ? this.untrained.carried : {}),
      },
    });
  }

  private onReport(report: GroupReport): void {
    if (this.input.mode === 'train') this.untrained.add(report);
    this.now = stateAfter(this.now, report);
  }

  /** Too many failures hold the run. */
  private onFailure(failure: { readonly type: string; readonly message: string }): void {
    const failures = withFailure(this.now.failures, failure);
    this.now = { ...this.now, failures };
    const reason = tooManyFailures(failures, this.input.context.maxFailedShare ?? 1);
    if (reason !== null) this.holdItself(reason);
  }

  /** Holds this epoch at once, and then its run, which alone lets it go again. */
  private holdItself(reason: string): void {
    if (this.now.draining || this.hold.reason !== null) return;
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
    const failures = reason === null ? NO_ATTEMPTS : this.now.failures;
    this.now = { ...this.now, held: reason, failures };
    this.show(reason === null ? 'going on' : `held: ${reason}`);
  }

  private show(what: string): void {
    const { totals, cursor } = this.now;
    setCurrentDetails(
      `${what}: instance ${cursor} of ${this.passes.expected}; ${totals.rollouts} rollouts ended, ` +
        `${totals.failed} failed, mean reward ${(meanReward(totals) ?? 0).toFixed(3)}`,
    );
  }
}
