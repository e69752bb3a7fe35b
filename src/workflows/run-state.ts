import type { InstanceList, ResolvedRun, RunPlan } from '../activities/contract.ts';
import { type FailureWindow, newestFailure, NO_ATTEMPTS } from '../domain/failure-window.ts';
import { addRetries, NO_RETRIES } from '../domain/retry-totals.ts';
import { addTotals, meanReward, NO_ROLLOUTS } from '../domain/rollout-totals.ts';
import type {
  EvaluationTotals,
  RetryTotals,
  RolloutTotals,
  RunProgress,
  RunSummary,
} from '../domain/run-summary.ts';
import type { PolicyState, RunContext } from './inputs.ts';
import type { PhaseReport } from './messages.ts';

/** All that a run needs to go on after it has continued as new; made once it is prepared. */
export interface PreparedRun {
  readonly resolved: ResolvedRun;
  readonly list: InstanceList;
  readonly filter: RunSummary['filter'];
  readonly droppedWithoutTests: number;
  /** What the data was; absent where the run was prepared under 0.2. */
  readonly data?: RunSummary['data'];
  readonly evaluations: readonly EvaluationTotals[];
  readonly policy: PolicyState;
  readonly epochsDone: number;
  readonly totals: RolloutTotals;
  /** Absent where the run was prepared under 0.1, as the next. */
  readonly retries?: RetryTotals;
  /** How the newest attempts ended. */
  readonly failures?: FailureWindow;
  readonly rewardByStep: readonly number[];
  readonly nextGroup: number;
  readonly startedAt: string;
}

export function contextOf(resolved: ResolvedRun): RunContext {
  const { run, config, plan, searchable } = resolved;
  const { seed, sandbox, maxSteps, timeLimitSeconds, heartbeatSeconds, maxFailedShare, prunes } = plan;
  return {
    run,
    config,
    seed,
    sandbox,
    maxSteps,
    ...(timeLimitSeconds === undefined ? {} : { timeLimitSeconds }),
    heartbeatSeconds,
    maxFailedShare,
    ...(prunes === undefined ? {} : { prunes }),
    searchable,
  };
}

/**
 * Whether the epochs of a run are gone through as one: where steps are made beside sampling, which else ran dry at each end. A
 * curriculum chooses by what came before, and so waits for it.
 */
export function isWithoutGaps({ maxStaleness, chooses }: RunPlan): boolean {
  return maxStaleness !== undefined && chooses !== true;
}

/** Steps that a run can make at most: a batch that teaches nothing makes none. */
function plannedSteps(run: PreparedRun): number {
  const { plan } = run.resolved;
  if (plan.mode !== 'train') return 0;
  const { count } = run.list;
  // A batch may be of two epochs only where nothing is between them.
  return isWithoutGaps(plan)
    ? Math.ceil((plan.epochs * count) / plan.batchSize)
    : plan.epochs * Math.ceil(count / plan.batchSize);
}

/** What a run that has ended came to. */
export function summaryOf(state: PreparedRun, drained: boolean): RunSummary {
  const lastFailure = newestFailure(state.failures ?? NO_ATTEMPTS);
  return {
    run: state.resolved.run,
    mode: state.resolved.plan.mode,
    totals: state.totals,
    steps: state.rewardByStep.length,
    rewardByStep: state.rewardByStep,
    droppedWithoutTests: state.droppedWithoutTests,
    data: state.data,
    filter: state.filter,
    evaluations: state.evaluations,
    retries: state.retries ?? NO_RETRIES,
    ...(lastFailure === null ? {} : { lastFailure }),
    drained,
  };
}

/** What the progress query answers, kept up by the reports of the phases. */
export class ProgressBoard {
  private progress: RunProgress;
  /** Sums of the epochs that have ended; an epoch reports its own. */
  private before: { totals: RolloutTotals; retries: RetryTotals; steps: readonly number[] } = {
    totals: NO_ROLLOUTS,
    retries: NO_RETRIES,
    steps: [],
  };

  constructor(run: string, startedAt: string) {
    this.progress = {
      run,
      mode: 'inference',
      phase: 'preparing',
      step: 0,
      steps: 0,
      phaseDone: 0,
      phaseTotal: 0,
      totals: NO_ROLLOUTS,
      rewardByStep: [],
      filter: null,
      evaluations: [],
      policyVersion: 0,
      retries: NO_RETRIES,
      held: null,
      draining: false,
      startedAt,
    };
  }

  get current(): RunProgress {
    return this.progress;
  }

  /** What a person reads in the run's details. */
  get line(): string {
    const { phase, phaseDone, phaseTotal, step, steps, totals, held, draining } = this.progress;
    const standing = held === null ? '' : `held since ${held.since}: ${held.reason}; `;
    const made = steps > 0 ? `; step ${step} of ${steps}` : '';
    return (
      `${standing}${draining ? 'draining; ' : ''}${phase}, ${phaseDone} of ${phaseTotal}${made}; ` +
      `mean reward ${(meanReward(totals) ?? 0).toFixed(3)}, ${totals.failed} failed`
    );
  }

  set(change: Partial<RunProgress>): void {
    this.progress = { ...this.progress, ...change };
  }

  /** What is known for sure, after a phase has ended. */
  settle(run: PreparedRun): void {
    const { totals, retries = NO_RETRIES, rewardByStep, evaluations, policy } = run;
    this.before = { totals, retries, steps: rewardByStep };
    this.set({
      totals,
      retries,
      rewardByStep,
      evaluations,
      filter: run.filter,
      step: rewardByStep.length,
      steps: plannedSteps(run),
      policyVersion: policy.policy.version,
    });
  }

  onReport(report: PhaseReport): void {
    if (report.phase === 'filter') {
      this.set({ filter: report.filter, phaseDone: report.filter.checked, phaseTotal: report.total });
    } else if (report.phase === 'evaluated') {
      this.set({ evaluations: [...this.progress.evaluations, report.evaluation] });
    } else if (report.phase === 'epoch') {
      this.set({ phaseDone: report.done, phaseTotal: report.total });
      if (report.purpose !== 'train' && report.purpose !== 'inference') return;
      const rewardByStep = [...this.progress.rewardByStep];
      if (report.made !== null)
        rewardByStep[this.before.steps.length + report.made.index] = report.made.reward;
      this.set({
        totals: addTotals(this.before.totals, report.totals),
        retries: addRetries(this.before.retries, report.retries ?? NO_RETRIES),
        rewardByStep,
        step: rewardByStep.length,
        policyVersion: report.policyVersion,
      });
    }
  }
}
