import type { Verified, VerifyEntry, VerifyPlan } from '../domain/verification.ts';
import type { SandboxChoice } from '../domain/run-config.ts';

/*
 * What the workflow `verify` and its activities say to each other, in small payloads as in contract.ts.
 */

// ---------------------------------------------------------------- records (queue steadfast-records)

export interface VerifyRecordActivities {
  /** Checks a raw input and stores the list of the trajectories to grade again; `Config.Invalid` names every bad field. */
  planVerification(input: { readonly input: unknown }): Promise<VerifyPlan>;
  /** At most 32 a call. */
  readVerification(input: {
    readonly list: string;
    readonly from: number;
    readonly count: number;
  }): Promise<readonly VerifyEntry[]>;
  /** Stores a page of what was found and derives verify.json from the pages. */
  recordVerification(input: {
    readonly plan: VerifyPlan;
    /** Position of the page's first trajectory in the list. */
    readonly from: number;
    readonly verified: readonly Verified[];
  }): Promise<void>;
}

// ---------------------------------------------------------------- sandbox (queue steadfast-sandbox)

export interface VerifySandboxActivities {
  /** Grades a stored patch again, nothing of it from a cache, and compares; a disagreement is noted at its instance. */
  verifyTrajectory(input: {
    readonly run: string;
    readonly config: string;
    readonly sandbox: SandboxChoice;
    readonly entry: VerifyEntry;
    /** In the list: names its sandboxes. */
    readonly position: number;
  }): Promise<Verified>;
}
