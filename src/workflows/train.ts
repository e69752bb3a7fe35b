import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { InstanceList, ResolvedRun } from '../activities/contract.ts';
import { NO_ATTEMPTS } from '../domain/failure-window.ts';
import { addRetries, NO_RETRIES } from '../domain/retry-totals.ts';
import { addTotals, NO_ROLLOUTS } from '../domain/rollout-totals.ts';
import type { RunPhase, RunSummary } from '../domain/run-summary.ts';
import { loadInstances, records } from './activities.ts';
import { endingOf } from './failures.ts';
import { hasGrownLong } from './history.ts';
import { phaseReportSignal, progressQuery } from './messages.ts';
import { startEpoch, startEvaluate, startFilter } from './run-children.ts';
import { RunControl, type ControlState } from './run-control.ts';
import { epochsAtOnce, firstPolicy, listOfEpoch, nothingToUse } from './run-parts.ts';
import { ProgressBoard, summaryOf, type PreparedRun } from './run-state.ts';
import { said } from './said.ts';
import { makeFindable } from './search-attributes.ts';

/** What a run carries into its next execution, and a limit for tests. */
export interface TrainCarried {
  readonly run?: PreparedRun;
  readonly control?: ControlState;
  readonly historyLimit?: number;
}

/**
 * One run, from what a person wrote to its summary. `input` is the same JSON that the CLI sends; the first activity
 * checks it and ends the run with `Config.Invalid`, naming every field, when it is wrong.
 */
export async function train(input: unknown, carried: TrainCarried = {}): Promise<RunSummary> {
  const run = new Run(carried.run?.resolved.run ?? workflowInfo().workflowId, carried.control);
  try {
    const prepared = carried.run ?? (await run.prepare(input));
    return await run.carryOut(prepared, async (state) => {
      if (!hasGrownLong(carried.historyLimit)) return;
      await condition(allHandlersFinished);
      await continueAsNew<typeof train>(input, { ...carried, run: state, control: run.control.state });
    });
  } catch (error) {
    throw isCancellation(error) ? error : endingOf(error);
  }
}

class Run {
  readonly control: RunControl;
  private readonly board: ProgressBoard;

  constructor(name: string, carried: ControlState | undefined) {
    this.board = new ProgressBoard(name, new Date().toISOString());
    this.control = new RunControl(
      carried,
      () => this.board.current,
      (state) => {
        this.board.set(state);
        this.show();
      },
    );
    this.board.set(this.control.state);
    setHandler(progressQuery, () => this.board.current);
    setHandler(phaseReportSignal, (report) => {
      if (report.phase === 'held') this.control.holdForFailures(report.reason);
      this.board.onReport(report);
      this.show();
    });
  }

  /** Everything before the first epoch. */
  async prepare(input: unknown): Promise<PreparedRun> {
    const { startedAt } = this.board.current;
    const resolved = await records.resolveRun.executeWithOptions({ summary: 'read the configuration' }, [
      { input, workflowId: workflowInfo().workflowId },
    ]);
    const { run, plan } = resolved;
    makeFindable(resolved.searchable, { run });
    this.enter('preparing');
    this.board.set({ run, mode: plan.mode });
    await this.control.released();
    const policy = await firstPolicy(resolved);
    await this.control.released();
    const { list, droppedWithoutTests, ...data } = await loadInstances.executeWithOptions(
      said(plan, `load ${plan.data}`),
      [
        {
          data: plan.data,
          config: resolved.config,
          requireNonZeroTests: plan.requireNonZeroTests,
          shuffleSeed: plan.shuffle ? plan.seed : null,
        },
      ],
    );
    if (list.count === 0) throw nothingToUse(plan.data, droppedWithoutTests);
    const chosen = await this.choose(resolved, list);
    const prepared: PreparedRun = {
      resolved,
      ...chosen,
      droppedWithoutTests,
      data,
      evaluations: [],
      policy,
      epochsDone: 0,
      totals: NO_ROLLOUTS,
      retries: NO_RETRIES,
      rewardByStep: [],
      nextGroup: 1,
      startedAt,
    };
    this.board.settle(prepared);
    return this.control.drained ? prepared : await this.evaluate(prepared, 'before');
  }

  /** The epochs that are left, the evaluation after them, and the summary. */
  async carryOut(
    prepared: PreparedRun,
    betweenEpochs: (state: PreparedRun) => Promise<void>,
  ): Promise<RunSummary> {
    let state = prepared;
    const { run, plan } = state.resolved;
    this.board.set({ run, mode: plan.mode, startedAt: state.startedAt });
    this.board.settle(state);
    while (state.epochsDone < plan.epochs) {
      await this.control.released();
      if (this.control.drained) break;
      state = await this.epoch(state);
      if (state.epochsDone < plan.epochs && !this.control.drained) await betweenEpochs(state);
    }
    // A run that was drained before its first step has no policy that is worth another look.
    if (!this.control.drained || state.rewardByStep.length > 0) state = await this.evaluate(state, 'after');
    const summary = summaryOf(state, this.control.drained);
    await records.recordSummary.executeWithOptions(said(plan, 'write the summary'), [{ run, summary }]);
    this.enter('done');
    return summary;
  }

  /** The first N instances that the quality filter keeps; without it the first N. */
  private async choose(
    resolved: ResolvedRun,
    list: InstanceList,
  ): Promise<{ list: InstanceList; filter: RunSummary['filter'] }> {
    const { plan } = resolved;
    if (!plan.qualityFilter) {
      return {
        list: { ...list, count: Math.min(list.count, plan.numInstances ?? list.count) },
        filter: null,
      };
    }
    await this.control.released();
    if (this.control.drained) return { list: { ...list, count: 0 }, filter: null };
    this.enter('filtering');
    const kept = await this.control.child(() => startFilter(resolved, list), { drains: true });
    const { checked, reasons } = kept;
    return { list: kept.list, filter: { checked, kept: kept.list.count, reasons } };
  }

  private async evaluate(state: PreparedRun, when: 'before' | 'after'): Promise<PreparedRun> {
    const { plan } = state.resolved;
    if (plan.evaluation === null || plan.mode !== 'train') return state;
    this.enter(`evaluating ${when}`);
    const { evaluation } = plan;
    // The last evaluation is what a drain ends with.
    const drains = when === 'before';
    const { evaluations, nextGroup } = await this.control.child(
      () => startEvaluate(state, when, evaluation),
      { drains },
    );
    const evaluated = { ...state, evaluations: [...state.evaluations, ...evaluations], nextGroup };
    this.board.settle(evaluated);
    return evaluated;
  }

  private async epoch(state: PreparedRun): Promise<PreparedRun> {
    const { plan } = state.resolved;
    const number = state.epochsDone + 1;
    this.enter(plan.mode === 'train' ? 'training' : 'collecting');
    const last = number + epochsAtOnce(state) - 1;
    const list = await listOfEpoch(state, number);
    if (list.curriculum !== undefined)
      this.board.set({ curriculum: { epoch: number, chosen: list.count, ...list.curriculum } });
    const result = await this.control.child(() => startEpoch(state, { number, last, list }), {
      drains: true,
    });
    const after: PreparedRun = {
      ...state,
      policy: result.policy,
      epochsDone: last,
      totals: addTotals(state.totals, result.totals),
      retries: addRetries(state.retries ?? NO_RETRIES, result.retries ?? NO_RETRIES),
      failures: result.failures ?? NO_ATTEMPTS,
      rewardByStep: [...state.rewardByStep, ...result.rewardByStep],
      nextGroup: result.nextGroup,
    };
    this.board.settle(after);
    return after;
  }

  private enter(phase: RunPhase): void {
    this.board.set({ phase, phaseDone: 0, phaseTotal: 0 });
    this.show();
  }

  private show(): void {
    setCurrentDetails(this.board.line);
  }
}
