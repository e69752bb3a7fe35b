import {
  continueAsNew,
  executeChild,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { InstanceList, ResolvedRun } from '../activities/contract.ts';
import type { RunPhase, RunSummary } from '../domain/run-summary.ts';
import { records } from './activities.ts';
import { epoch } from './epoch.ts';
import { evaluate } from './evaluate.ts';
import { endingOf, endWith } from './failures.ts';
import { filter } from './filter.ts';
import { hasGrownLong } from './history.ts';
import { CHILD, firstPolicy, shuffledList } from './run-parts.ts';
import { phaseReportSignal, progressQuery } from './messages.ts';
import { contextOf, ProgressBoard, type PreparedRun } from './run-state.ts';
import { makeFindable } from './search-attributes.ts';
import { addTotals, meanReward, NO_ROLLOUTS } from './totals.ts';

/** What a run carries into its next execution, and a limit for tests. */
export interface TrainCarried {
  readonly run?: PreparedRun;
  readonly historyLimit?: number;
}

/**
 * One run, from what a person wrote to its summary. `input` is the same JSON that the CLI sends; the first activity
 * checks it and ends the run with `Config.Invalid`, naming every field, when it is wrong.
 */
export async function train(input: unknown, carried: TrainCarried = {}): Promise<RunSummary> {
  const run = new Run(carried.run?.resolved.run ?? workflowInfo().workflowId);
  try {
    const prepared = carried.run ?? (await run.prepare(input));
    return await run.carryOut(prepared, async (state) => {
      if (hasGrownLong(carried.historyLimit)) {
        await continueAsNew<typeof train>(input, { ...carried, run: state });
      }
    });
  } catch (error) {
    throw isCancellation(error) ? error : endingOf(error);
  }
}

class Run {
  private readonly board: ProgressBoard;

  constructor(name: string) {
    this.board = new ProgressBoard(name, new Date().toISOString());
    setHandler(progressQuery, () => this.board.current);
    setHandler(phaseReportSignal, (report) => {
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
    const policy = await firstPolicy(resolved);
    const { list, droppedWithoutTests } = await records.loadInstances.executeWithOptions(
      { summary: `load ${plan.data}`.slice(0, 100) },
      [
        {
          data: plan.data,
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
      evaluations: [],
      policy,
      epochsDone: 0,
      totals: NO_ROLLOUTS,
      rewardByStep: [],
      nextGroup: 1,
      startedAt,
    };
    this.board.settle(prepared);
    return await this.evaluate(prepared, 'before');
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
      state = await this.epoch(state);
      if (state.epochsDone < plan.epochs) await betweenEpochs(state);
    }
    state = await this.evaluate(state, 'after');
    const summary: RunSummary = {
      run,
      mode: plan.mode,
      totals: state.totals,
      steps: state.rewardByStep.length,
      rewardByStep: state.rewardByStep,
      droppedWithoutTests: state.droppedWithoutTests,
      filter: state.filter,
      evaluations: state.evaluations,
    };
    await records.recordSummary.executeWithOptions({ summary: 'write the summary' }, [{ run, summary }]);
    this.enter('done');
    return summary;
  }

  /** The first N instances that the quality filter keeps; without it the first N. */
  private async choose(
    resolved: ResolvedRun,
    list: InstanceList,
  ): Promise<{ list: InstanceList; filter: RunSummary['filter'] }> {
    const { plan, run } = resolved;
    if (!plan.qualityFilter) {
      return {
        list: { ...list, count: Math.min(list.count, plan.numInstances ?? list.count) },
        filter: null,
      };
    }
    this.enter('filtering');
    const kept = await executeChild(filter, {
      ...CHILD,
      workflowId: `${run}/filter`,
      args: [
        {
          context: contextOf(resolved),
          list,
          keep: plan.numInstances,
          concurrency: plan.concurrency,
          reportTo: workflowInfo().workflowId,
        },
      ],
      staticSummary: `judges ${list.count} instances, keeps ${plan.numInstances ?? 'all that pass'}`,
    });
    const { checked, reasons } = kept;
    return { list: kept.list, filter: { checked, kept: kept.list.count, reasons } };
  }

  private async evaluate(state: PreparedRun, when: 'before' | 'after'): Promise<PreparedRun> {
    const { plan, run } = state.resolved;
    if (plan.evaluation === null || plan.mode !== 'train') return state;
    this.enter(`evaluating ${when}`);
    const { evaluations, nextGroup } = await executeChild(evaluate, {
      ...CHILD,
      workflowId: `${run}/evaluate-${when}`,
      args: [
        {
          context: contextOf(state.resolved),
          when,
          sets: plan.evaluation.sets,
          requireNonZeroTests: plan.requireNonZeroTests,
          rolloutsPerInstance: plan.evaluation.rolloutsPerInstance,
          concurrency: plan.concurrency,
          policy: state.policy.policy,
          firstGroup: state.nextGroup,
          reportTo: workflowInfo().workflowId,
        },
      ],
      staticSummary: `policy ${state.policy.policy.version} on ${plan.evaluation.sets.length} sets`,
    });
    const evaluated = { ...state, evaluations: [...state.evaluations, ...evaluations], nextGroup };
    this.board.settle(evaluated);
    return evaluated;
  }

  private async epoch(state: PreparedRun): Promise<PreparedRun> {
    const { plan, run } = state.resolved;
    const number = state.epochsDone + 1;
    this.enter(plan.mode === 'train' ? 'training' : 'collecting');
    const result = await executeChild(epoch, {
      ...CHILD,
      workflowId: `${run}/epoch-${number}`,
      args: [
        {
          context: contextOf(state.resolved),
          mode: plan.mode,
          purpose: plan.mode,
          list: plan.mode === 'train' ? await shuffledList(state, number) : state.list,
          rolloutsPerInstance: plan.rolloutsPerInstance,
          batchSize: plan.batchSize,
          concurrency: plan.concurrency,
          start: state.policy,
          firstGroup: state.nextGroup,
          reportTo: workflowInfo().workflowId,
        },
      ],
      staticSummary: `epoch ${number} of ${plan.epochs}: ${state.list.count} instances`,
    });
    const after: PreparedRun = {
      ...state,
      policy: result.policy,
      epochsDone: number,
      totals: addTotals(state.totals, result.totals),
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
    const { phase, phaseDone, phaseTotal, step, steps, totals } = this.board.current;
    const made = steps > 0 ? `; step ${step} of ${steps}` : '';
    setCurrentDetails(
      `${phase}, ${phaseDone} of ${phaseTotal}${made}; mean reward ${meanReward(totals).toFixed(3)}, ${totals.failed} failed`,
    );
  }
}

function nothingToUse(data: string, droppedWithoutTests: number): Error {
  const why =
    droppedWithoutTests === 0 ? '' : `: ${droppedWithoutTests} have no FAIL_TO_PASS or no PASS_TO_PASS`;
  return endWith({ type: 'Instance.Invalid', message: `No instance in ${data} can be used${why}.` });
}
