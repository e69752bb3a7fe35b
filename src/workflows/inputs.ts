import type { InstanceList, InstanceRef } from '../activities/contract.ts';
import type { FailureWindow } from '../domain/failure-window.ts';
import type { GroupReport } from './messages.ts';
import type { CurriculumFacts, RetryTotals, RolloutTotals } from '../domain/run-summary.ts';
import type { EvaluationSet, Policy, RunConfig, RunMode } from '../domain/run-config.ts';

/*
 * Inputs of the child workflows. Children take validated input; `train` alone takes what a person wrote.
 */

/** What every workflow of a run knows of it. */
export interface RunContext {
  readonly run: string;
  /** sha256 of the RunConfig. */
  readonly config: string;
  readonly seed: number;
  readonly sandbox: RunConfig['sandbox'];
  readonly maxSteps: number;
  /** Seconds of work after which a rollout begins no further turn; an hour where absent. */
  readonly timeLimitSeconds?: number;
  /** Seconds without a sign of life after which the worker of a step counts as dead; absent in runs begun under 0.1. */
  readonly heartbeatSeconds?: number;
  /** Share of failed attempts among the last hundred above which the run holds itself; absent in runs begun under 0.1. */
  readonly maxFailedShare?: number;
  /** Whether checkpoints that are not to be kept are deleted after each step; absent where none is. */
  readonly prunes?: true;
  /** Whether the search attributes are registered. */
  readonly searchable: boolean;
}

export interface RolloutInput {
  readonly context: RunContext;
  readonly instance: InstanceRef;
  readonly group: number;
  /** From 1. */
  readonly member: number;
  /** From 1; a replacement has the next. */
  readonly attempt: number;
  readonly policy: Policy;
  /** Seconds of a hold after which it gives up its sandbox. */
  readonly holdLimitSeconds?: number;
}

export interface GroupInput {
  readonly context: RunContext;
  readonly instance: InstanceRef;
  /** Numbered as dispatched, from 1, over the whole run. */
  readonly group: number;
  readonly size: number;
  /** Rollouts of this group in flight at most. */
  readonly concurrency: number;
  readonly policy: Policy;
  /** As recordGroup names it. */
  readonly purpose: string;
  /** Workflow id of the epoch to report to; null reports to nobody. */
  readonly epoch: string | null;
  /** From 1; absent in an evaluation. */
  readonly epochNumber?: number;
}

/** The policy that a train run goes on from: a published step. */
export interface PolicyState {
  readonly policy: Policy;
  readonly step: number;
  /** Null in inference mode, which makes no steps. */
  readonly manifest: string | null;
}

export interface EpochInput {
  readonly context: RunContext;
  /** `train` makes a step a batch; the others sample only. */
  readonly mode: RunMode;
  readonly purpose: string;
  /** From 1; absent in an evaluation. */
  readonly number?: number;
  /** In the order of this epoch. */
  readonly list: InstanceList;
  /** The run's instances, and the number of the last epoch, where those after this one are gone through with it. */
  readonly further?: { readonly list: InstanceList; readonly last: number };
  /** How it was chosen, for the metrics of its steps; absent without a curriculum. */
  readonly curriculum?: CurriculumFacts;
  readonly rolloutsPerInstance: number;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly start: PolicyState;
  /** Number of the first group. */
  readonly firstGroup: number;
  /** Workflow id of the run to report to; null reports to nobody. */
  readonly reportTo: string | null;
  /** In train mode, steps that may pass between the sampling of a group and its training; absent where it waits. */
  readonly maxStaleness?: number;
  /** In train mode, how many times its size a batch may grow to for want of lessons; absent where it may not. */
  readonly oversample?: number;
  /** How the attempts of the epoch before ended. */
  readonly failures?: FailureWindow;
  /** Continues as new at this many events, for tests; without it when the server suggests it. */
  readonly historyLimit?: number;
  /** What an earlier execution of this epoch carried over; one under 0.1 knew less. */
  readonly carried?: Partial<EpochState>;
}

/** A group that was dispatched and has not reported. */
export interface GroupInFlight {
  readonly group: number;
  readonly instanceId: string;
}

/** One pass over a run's instances. */
export interface Pass {
  /** Of its epoch. */
  readonly number: number;
  /** Position of its first instance. */
  readonly from: number;
  readonly list: InstanceList;
}

/** All that an epoch needs to go on. */
export interface EpochState {
  /** Position of the next instance. */
  readonly cursor: number;
  readonly nextGroup: number;
  readonly totals: RolloutTotals;
  readonly retries: RetryTotals;
  readonly failures: FailureWindow;
  readonly rewardByStep: readonly number[];
  readonly policy: PolicyState;
  readonly stepsWithoutLesson: number;
  readonly inFlight: readonly GroupInFlight[];
  readonly groupsDone: number;
  /** Instances whose batch has had its step, and groups that have ended and not; absent where nothing is trained. */
  readonly trained?: number;
  readonly untrained?: readonly GroupReport[];
  /** The pass that it is in; absent at its start. */
  readonly pass?: Pass;
  /** The word under which it and its groups stand; null when they are not held. */
  readonly held: string | null;
  readonly draining: boolean;
}

export interface FilterInput {
  readonly context: RunContext;
  readonly list: InstanceList;
  /** The first N that are accepted; null for all. */
  readonly keep: number | null;
  readonly concurrency: number;
  readonly reportTo: string | null;
  /** Whether it is no failure that none is kept. */
  readonly mayKeepNone?: boolean;
  /** The chance, at most, that a flaky test goes unseen; 1% where absent. */
  readonly flakeChance?: number;
  readonly historyLimit?: number;
  readonly carried?: FilterState;
}

export interface JudgeInput {
  readonly context: Pick<RunContext, 'sandbox' | 'heartbeatSeconds'>;
  readonly instance: InstanceRef;
  readonly flakeChance?: number;
}

export interface FilterState {
  readonly cursor: number;
  readonly kept: InstanceList | null;
  readonly reasons: Readonly<Record<string, number>>;
  /** The first rejection in words, for the message when nothing is kept. */
  readonly firstDetail: string;
  /** The word under which it stands. */
  readonly held?: string | null;
}

export interface EvaluateInput {
  readonly context: RunContext;
  readonly when: 'before' | 'after';
  readonly sets: readonly EvaluationSet[];
  readonly requireNonZeroTests: boolean;
  readonly rolloutsPerInstance: number;
  readonly concurrency: number;
  readonly policy: Policy;
  readonly firstGroup: number;
  readonly reportTo: string | null;
}
