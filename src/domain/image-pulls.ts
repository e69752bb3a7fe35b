/** What the input of the workflow `pullImages` comes to once it is checked. */
export interface PullPlan {
  readonly data: string;
  readonly host: string;
  /** A stored array of NeededImage, the most used first. */
  readonly list: { readonly ref: string; readonly count: number };
  /** Instances of the data that an image stands for, and those that need none. */
  readonly instances: number;
  readonly withoutImage: number;
  /** Pulls that begin within an hour at most; null for no limit. */
  readonly ratePerHour: number | null;
  readonly atOnce: number;
  /** What the images that we pulled may take together on the host; null leaves a reserve of the disk free and no more. */
  readonly budgetBytes: number | null;
}

/** An image of a data set. */
export interface NeededImage {
  readonly name: string;
  /** Instances that run in it. */
  readonly instances: number;
}

/** What has become of the images so far. */
export interface PullTotals {
  readonly pulled: number;
  /** On the host already. */
  readonly present: number;
  readonly failed: number;
  /** Removed to stay within the budget. */
  readonly evicted: number;
  readonly pulledBytes: number;
  /** Of all images that we pulled, after the last pull. */
  readonly oursBytes: number;
}

/** An image that could not be had. */
export interface PullFailure {
  readonly image: string;
  readonly type: string;
  readonly message: string;
}

/** Why a pull ended before all images were there. */
export type PullStop = 'budget' | 'disk_full';

/** What `pullImages` answers when asked, and in the end. */
export interface PullProgress {
  readonly data: string;
  readonly host: string;
  readonly phase: 'preparing' | 'pulling' | 'waiting' | 'done';
  /** Images in all, and those that were looked at. */
  readonly images: number;
  readonly done: number;
  readonly totals: PullTotals;
  /** Being pulled now. */
  readonly underWay: readonly string[];
  /** ISO time before which no pull begins, and why; null where nothing is waited for. */
  readonly waiting: { readonly until: string; readonly why: 'rate' | 'refused' } | null;
  /** The first few. */
  readonly failures: readonly PullFailure[];
  readonly stopped: PullStop | null;
}

/** Nothing done yet. */
export const NO_PULLS: PullTotals = {
  pulled: 0,
  present: 0,
  failed: 0,
  evicted: 0,
  pulledBytes: 0,
  oursBytes: 0,
};
