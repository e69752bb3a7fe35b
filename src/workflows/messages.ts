import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { FilterProgress } from '../domain/filter-summary.ts';
import type { PullProgress } from '../domain/image-pulls.ts';
import type {
  EvaluationTotals,
  RetryTotals,
  RolloutTotals,
  RunProgress,
  RunSummary,
} from '../domain/run-summary.ts';
import type { VerifyProgress } from '../domain/verification.ts';

/** Asks `train` how far its run is. */
export const progressQuery = defineQuery<RunProgress>('progress');

/** Asks `verify` how far it is. */
export const verifyProgressQuery = defineQuery<VerifyProgress>('progress');

/** Asks `pullImages` how far it is. */
export const pullProgressQuery = defineQuery<PullProgress>('progress');

/** Asks `filterData` how far it is. */
export const filterProgressQuery = defineQuery<FilterProgress>('progress');

/** Asks `rollout` for its transcript so far. */
export const headQuery = defineQuery<RolloutHead>('head');

/** Where a rollout stands; the head names the whole conversation in the artifact store. */
export interface RolloutHead {
  /** sha256 of the newest link; null before the first turn. */
  readonly head: string | null;
  readonly turn: number;
  readonly phase: 'opening' | 'sampling' | 'tools' | 'grading' | 'recording' | 'ended';
}

/**
 * Holds a child where it is: nothing new begins until it is let go. A reason holds, null lets go; each child passes it on
 * to its own. A rollout that is held for long gives up its sandbox and opens another one later.
 */
export const holdSignal = defineSignal<[string | null]>('hold');

/** Ends a child early and in order: what is in flight is finished, nothing new begins. */
export const drainSignal = defineSignal('drain');

/** Holds a run; refused when it is held, drained or over already. */
export const pauseUpdate = defineUpdate<void, [{ readonly reason?: string }]>('pause');

/** Lets a held run go on, and forgets the failures that held it; refused when it is not held. */
export const resumeUpdate = defineUpdate('resume');

/**
 * Lets rollouts in flight finish, trains on the whole groups among them, evaluates and ends the run; a held run is let go
 * for it. Refused when it is drained, or evaluated for the last time, or over already.
 */
export const drainUpdate = defineUpdate('drain');

/** Ends a run in order, as a cancellation does: rollouts are recorded as cancelled, sandboxes closed. */
export const cancelUpdate = defineUpdate('cancel');

/** A group tells its epoch that an attempt has failed, as soon as it has. */
export const attemptFailedSignal =
  defineSignal<[{ readonly type: string; readonly message: string }]>('attemptFailed');

/** A group tells its epoch that it has ended. */
export const groupEndedSignal = defineSignal<[GroupReport]>('groupEnded');

/** What an epoch needs of a group: sums and a reference, whatever the group's size. */
export interface GroupReport {
  readonly group: number;
  readonly totals: RolloutTotals;
  /** Absent where the group began under 0.1. */
  readonly retries?: RetryTotals;
  /** Of the policy that it was sampled from; absent where it began under an early 0.3. */
  readonly policyVersion?: number;
  /** sha256 of the group's record; null for one without a scored member, and for one that was given up. */
  readonly record: string | null;
  /** Whether its rewards differ, so that it has a lesson; absent where it was recorded under an early 0.3, or not at all. */
  readonly teaches?: boolean;
}

/** A child tells `train` how far its phase is. */
export const phaseReportSignal = defineSignal<[PhaseReport]>('phaseReport');

/** Sums are of the reporting child so far, so that a report may come twice. */
export type PhaseReport =
  | { readonly phase: 'filter'; readonly filter: NonNullable<RunSummary['filter']>; readonly total: number }
  | { readonly phase: 'evaluated'; readonly evaluation: EvaluationTotals }
  /** Too many attempts have failed: the reporting child holds itself already. */
  | { readonly phase: 'held'; readonly reason: string }
  | {
      readonly phase: 'epoch';
      /** `train`, `inference`, or `before/<set>` and `after/<set>` of an evaluation. */
      readonly purpose: string;
      /** Rollouts ended, and rollouts of the epoch in all. */
      readonly done: number;
      readonly total: number;
      readonly totals: RolloutTotals;
      /** Absent where the epoch began under 0.1. */
      readonly retries?: RetryTotals;
      /** The step just made: its position in this epoch and its mean reward. */
      readonly made: { readonly index: number; readonly reward: number } | null;
      readonly policyVersion: number;
    };
