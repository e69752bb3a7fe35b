import type { InstanceList, ResolvedRun } from '../activities/contract.ts';
import type { EvaluationTotals, RolloutTotals, RunProgress, RunSummary } from '../domain/run-summary.ts';
import type { PolicyState, RunContext } from './inputs.ts';
import type { PhaseReport } from './messages.ts';
import { addTotals, NO_ROLLOUTS } from './totals.ts';

/** All that a run needs to go on after it has continued as new; made once it is prepared. */
export interface PreparedRun {
  readonly resolved: ResolvedRun;
  readonly list: InstanceList;
  readonly filter: RunSummary['filter'];
  readonly droppedWithoutTests: number;
  readonly evaluations: readonly EvaluationTotals[];
  readonly policy: PolicyState;
  readonly epochsDone: number;
  readonly totals: RolloutTotals;
  readonly rewardByStep: readonly number[];
  readonly nextGroup: number;
  readonly startedAt: string;
}

export function contextOf(resolved: ResolvedRun): RunContext {
  const { run, config, plan, searchable } = resolved;
  return { run, config, seed: plan.seed, sandbox: plan.sandbox, maxSteps: plan.maxSteps, searchable };
}

/** Steps that a run can make at most: a batch that teaches nothing makes none. */
function plannedSteps(run: PreparedRun): number {
  const { mode, epochs, batchSize } = run.resolved.plan;
  return mode === 'train' ? epochs * Math.ceil(run.list.count / batchSize) : 0;
}

/** What the progress query answers, kept up by the reports of the phases. */
export class ProgressBoard {
  private progress: RunProgress;
  /** Sums of the epochs that have ended; an epoch reports its own. */
  private before: { totals: RolloutTotals; steps: readonly number[] } = { totals: NO_ROLLOUTS, steps: [] };

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
      startedAt,
    };
  }

  get current(): RunProgress {
    return this.progress;
  }

  set(change: Partial<RunProgress>): void {
    this.progress = { ...this.progress, ...change };
  }

  /** What is known for sure, after a phase has ended. */
  settle(run: PreparedRun): void {
    const { totals, rewardByStep, evaluations, policy } = run;
    this.before = { totals, steps: rewardByStep };
    this.set({
      totals,
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
    } else {
      this.set({ phaseDone: report.done, phaseTotal: report.total });
      if (report.purpose !== 'train' && report.purpose !== 'inference') return;
      const rewardByStep = [...this.progress.rewardByStep];
      if (report.made !== null)
        rewardByStep[this.before.steps.length + report.made.index] = report.made.reward;
      this.set({
        totals: addTotals(this.before.totals, report.totals),
        rewardByStep,
        step: rewardByStep.length,
        policyVersion: report.policyVersion,
      });
    }
  }
}
