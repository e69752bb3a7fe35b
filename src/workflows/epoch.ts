import { continueAsNew, isCancellation, setCurrentDetails, TemporalFailure } from '@temporalio/workflow';
import type { RolloutTotals } from '../domain/run-summary.ts';
import { buildBatch, records, trainStep } from './activities.ts';
import { GroupWindow } from './group-window.ts';
import { hasGrownLong } from './history.ts';
import type { EpochInput, EpochState, PolicyState } from './inputs.ts';
import { InstanceCursor } from './instance-cursor.ts';
import type { GroupReport } from './messages.ts';
import { reportPhase } from './report-phase.ts';
import { addTotals, meanReward, NO_ROLLOUTS } from './totals.ts';

/** What an epoch amounted to. */
export interface EpochResult {
  readonly totals: RolloutTotals;
  readonly rewardByStep: readonly number[];
  readonly policy: PolicyState;
  /** Number of the next group of the run. */
  readonly nextGroup: number;
  /** Batches in which no group taught anything, and so no step was made. */
  readonly stepsWithoutLesson: number;
}

/** Progress is told to the run about this many times an epoch: each telling is four events there. */
const REPORTS = 100;

/**
 * One pass over a list. In train mode batch by batch: groups, batch file, gradient step, next policy version. Otherwise a
 * sliding window of groups. Continues as new with its cursor and the groups still in flight.
 */
export async function epoch(input: EpochInput): Promise<EpochResult> {
  return await new Epoch(input).run();
}

class Epoch {
  private state: EpochState;
  private readonly window: GroupWindow;
  private readonly instances: InstanceCursor;
  private batch: GroupReport[] = [];
  private toldGroups: number;
  private readonly input: EpochInput;

  constructor(input: EpochInput) {
    this.input = input;
    this.state = input.carried ?? {
      cursor: 0,
      nextGroup: input.firstGroup,
      totals: NO_ROLLOUTS,
      rewardByStep: [],
      policy: input.start,
      stepsWithoutLesson: 0,
      inFlight: [],
      groupsDone: 0,
    };
    this.toldGroups = this.state.groupsDone;
    this.instances = new InstanceCursor(input.list);
    this.window = new GroupWindow(input, this.state.inFlight, (report) => this.onReport(report));
  }

  async run(): Promise<EpochResult> {
    try {
      await (this.input.mode === 'train' ? this.train() : this.collect());
    } catch (error) {
      // A bug, in contrast, fails the task and must command nothing.
      if (isCancellation(error) || error instanceof TemporalFailure) await this.window.cancel();
      throw error;
    }
    const { totals, rewardByStep, policy, nextGroup, stepsWithoutLesson } = this.state;
    return { totals, rewardByStep, policy, nextGroup, stepsWithoutLesson };
  }

  /** Batch by batch: every rollout is sampled from the newest policy version. */
  private async train(): Promise<void> {
    const { list, batchSize } = this.input;
    while (this.state.cursor < list.count) {
      this.batch = [];
      const end = Math.min(list.count, this.state.cursor + batchSize);
      while (this.state.cursor < end) {
        await this.startNext();
        await this.tellSometimes();
      }
      await this.drain();
      await this.step();
      await this.continueWhenLong();
    }
  }

  /** A sliding window: the next group starts as soon as one has ended. */
  private async collect(): Promise<void> {
    while (this.state.cursor < this.input.list.count) {
      await this.startNext();
      await this.tellSometimes();
      await this.continueWhenLong();
    }
    await this.drain();
    await this.tell(null);
  }

  private async startNext(): Promise<void> {
    const { cursor, nextGroup, policy } = this.state;
    const instance = await this.instances.at(cursor);
    this.state = { ...this.state, cursor: cursor + 1, nextGroup: nextGroup + 1 };
    this.show(`batch of policy ${policy.policy.version}`);
    await this.window.start(instance, nextGroup, policy.policy);
  }

  /** The gradient step of a batch; none where no group teaches anything. */
  private async step(): Promise<void> {
    const { run, config } = this.input.context;
    const { policy } = this.state;
    const groups = this.batch
      .toSorted((a, b) => a.group - b.group)
      .flatMap(({ record }) => (record === null ? [] : [record]));
    const totals = this.batch.map((report) => report.totals).reduce(addTotals, NO_ROLLOUTS);
    const step = policy.step + 1;
    this.show(`training step ${step}`);
    const built = await buildBatch.executeWithOptions(
      {
        summary: `batch of step ${step}: ${groups.length} groups, mean reward ${meanReward(totals).toFixed(3)}`,
      },
      [{ run, step, config, groups }],
    );
    if (built.batch === null || policy.manifest === null) {
      this.state = { ...this.state, stepsWithoutLesson: this.state.stepsWithoutLesson + 1 };
      await this.tell(null);
      return;
    }
    const made = await trainStep.executeWithOptions({ summary: `step ${step}: ${built.samples} samples` }, [
      { run, step, config, parent: policy.manifest, batch: built.batch },
    ]);
    const reward = Math.round(meanReward(totals) * 1e4) / 1e4;
    await records.recordStep.executeWithOptions({ summary: `record step ${step}` }, [
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
          'batch/samples': built.samples,
          'batch/groups': groups.length,
          'batch/groups_without_variance': built.groupsWithoutVariance,
          'batch/untrainable': built.untrainable,
        },
      },
    ]);
    const index = this.state.rewardByStep.length;
    this.state = {
      ...this.state,
      policy: { policy: made.policy, step: made.step, manifest: made.manifest },
      rewardByStep: [...this.state.rewardByStep, reward],
    };
    await this.tell({ index, reward });
  }

  private onReport(report: GroupReport): void {
    if (this.input.mode === 'train') this.batch.push(report);
    this.state = {
      ...this.state,
      totals: addTotals(this.state.totals, report.totals),
      groupsDone: this.state.groupsDone + 1,
    };
  }

  /** Waits for all groups, and tells of progress meanwhile. */
  private async drain(): Promise<void> {
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
    this.toldGroups = this.state.groupsDone;
    await reportPhase(reportTo, {
      phase: 'epoch',
      purpose,
      done: this.state.totals.rollouts,
      total: list.count * rolloutsPerInstance,
      totals: this.state.totals,
      made,
      policyVersion: this.state.policy.policy.version,
    });
  }

  private async continueWhenLong(): Promise<void> {
    if (this.state.cursor >= this.input.list.count || !hasGrownLong(this.input.historyLimit)) return;
    await continueAsNew<typeof epoch>({
      ...this.input,
      carried: { ...this.state, inFlight: this.window.inFlight },
    });
  }

  private show(what: string): void {
    const { totals, cursor } = this.state;
    setCurrentDetails(
      `${what}: instance ${cursor} of ${this.input.list.count}; ${totals.rollouts} rollouts ended, ` +
        `${totals.failed} failed, mean reward ${meanReward(totals).toFixed(3)}`,
    );
  }
}
