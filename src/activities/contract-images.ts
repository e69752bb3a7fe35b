import type { PullPlan } from '../domain/image-pulls.ts';

/*
 * What the workflow `pullImages` and its activities say to each other, in small payloads as in contract.ts.
 */

// ---------------------------------------------------------------- records (queue steadfast-records)

export interface ImageListActivities {
  /** Checks a raw input, reads the data and stores the list of its images; `Config.Invalid` names every bad field. */
  planPulls(input: { readonly input: unknown }): Promise<PullPlan>;
}

// ---------------------------------------------------------------- images (queue steadfast-images-<host>)

/** Activities on the host whose daemon holds the images. */
export interface ImageActivities {
  /** Which of a page of a stored list are not on this host; at most 32 are asked for. */
  missingImages(input: {
    /** sha256 of an array of NeededImage. */
    readonly list: string;
    readonly from: number;
    readonly count: number;
  }): Promise<{ readonly names: readonly string[] }>;
  /**
   * Pulls one image and brings those that we pulled back within the budget. What is on the list stays; where that is not
   * enough the image itself goes again.
   */
  pullImage(input: {
    readonly name: string;
    readonly list: string;
    readonly budgetBytes: number | null;
  }): Promise<PulledImage>;
}

export interface PulledImage {
  readonly outcome: 'pulled' | 'present' | 'over_budget';
  readonly sizeBytes: number;
  /** Images that were removed to make room. */
  readonly evicted: number;
  /** Of all that we pulled, after it. */
  readonly oursBytes: number;
}
