import type { Policy } from '../domain/run-config.ts';
import type { Counts } from '../domain/run-summary.ts';

/*
 * What a run and the activities around its gradient steps say to each other, in small payloads as in contract.ts.
 */

// ---------------------------------------------------------------- trainer (steadfast-trainer)

export interface TrainerActivities {
  /** Loads the model, answers the newest published step; polled with heartbeats. */
  openTraining(input: { readonly run: string; readonly config: string }): Promise<PolicyStep>;
  /** Joins the groups' trajectories into samples. Groups without variance are dropped and counted. */
  buildBatch(input: {
    readonly run: string;
    readonly step: number;
    readonly config: string;
    /** sha256 of group records. */
    readonly groups: readonly string[];
  }): Promise<BatchOutput>;
  /** Step n exactly once; polled with heartbeats. */
  trainStep(input: {
    readonly run: string;
    readonly step: number;
    readonly config: string;
    readonly parent: string;
    readonly batch: string;
  }): Promise<PolicyStep & { readonly metrics: Readonly<Record<string, number>> }>;
  /** Deletes the checkpoints that the run's config does not keep; answers how many. */
  pruneCheckpoints(input: { readonly run: string; readonly config: string }): Promise<number>;
}

export interface PolicyStep {
  readonly step: number;
  readonly manifest: string;
  readonly policy: Policy;
}

export interface BatchOutput {
  /** sha256 of the batch file; null when no group teaches anything. */
  readonly batch: string | null;
  readonly samples: number;
  readonly groupsWithoutVariance: number;
  readonly untrainable: number;
  /** Members that are kept out of the loss, by reason; absent in batches of 0.2, as are those below. */
  readonly masked?: Counts;
  /** Groups with fewer than two members that are not kept out. */
  readonly groupsTooSmall?: number;
  /** Why no step should be made of it and the run should stand still: its rewards tell of the machinery, not of the policy. */
  readonly refused?: string | null;
}
