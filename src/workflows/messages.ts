import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { EvaluationTotals, RolloutTotals, RunProgress, RunSummary } from '../domain/run-summary.ts';

/** Asks `train` how far its run is. */
export const progressQuery = defineQuery<RunProgress>('progress');

/** Asks `rollout` for its transcript so far. */
export const headQuery = defineQuery<RolloutHead>('head');

/** Where a rollout stands; the head names the whole conversation in the artifact store. */
export interface RolloutHead {
  /** sha256 of the newest link; null before the first turn. */
  readonly head: string | null;
  readonly turn: number;
  readonly phase: 'opening' | 'sampling' | 'tools' | 'grading' | 'recording' | 'closing' | 'ended';
}

/** A group tells its epoch that it has ended. */
export const groupEndedSignal = defineSignal<[GroupReport]>('groupEnded');

/** What an epoch needs of a group: sums and a reference, whatever the group's size. */
export interface GroupReport {
  readonly group: number;
  readonly totals: RolloutTotals;
  /** sha256 of the group's record; null for a group without a scored member. */
  readonly record: string | null;
}

/** A child tells `train` how far its phase is. */
export const phaseReportSignal = defineSignal<[PhaseReport]>('phaseReport');

/** Sums are of the reporting child so far, so that a report may come twice. */
export type PhaseReport =
  | { readonly phase: 'filter'; readonly filter: NonNullable<RunSummary['filter']>; readonly total: number }
  | { readonly phase: 'evaluated'; readonly evaluation: EvaluationTotals }
  | {
      readonly phase: 'epoch';
      /** `train`, `inference`, or `before/<set>` and `after/<set>` of an evaluation. */
      readonly purpose: string;
      /** Rollouts ended, and rollouts of the epoch in all. */
      readonly done: number;
      readonly total: number;
      readonly totals: RolloutTotals;
      /** The step just made: its position in this epoch and its mean reward. */
      readonly made: { readonly index: number; readonly reward: number } | null;
      readonly policyVersion: number;
    };
