/** The quality filter's word on one instance. */
export interface Verdict {
  readonly instanceId: string;
  readonly verdict: 'accept' | 'reject';
  /** Named as in the reference data: f2p_fails_before, f2p_passes_after, p2p_breaks_after, patch_does_not_apply, empty_f2p, … */
  readonly reason: string | null;
  readonly detail: string;
  /** Runs with the bug that it rests on; absent in verdicts of 0.2, as is the next. */
  readonly runs?: number;
  /** Share of the runs in which the least steady test differs from its commonest outcome. */
  readonly flakeScore?: number;
}

/** What a set of rollouts amounted to; rewards are of scored rollouts only. What is absent was not counted under 0.2. */
export interface RolloutTotals {
  readonly rollouts: number;
  readonly failed: number;
  readonly rewardSum: number;
  readonly resolved: number;
  /** What doing nothing would have earned, summed over the scored rollouts of which that is known, and their number. */
  readonly baselineSum?: number;
  readonly baselines?: number;
  /** Scored rollouts that are kept out of the loss, by reason, and the sum of their rewards. */
  readonly masked?: Counts;
  readonly maskedRewardSum?: number;
  /** Scored rollouts by what was found in them. */
  readonly findings?: Counts;
  /** Scored rollouts whose grading was made twice. */
  readonly verified?: number;
  /** Scored rollouts whose endpoint gave no token ids or logprobs: nobody can be trained on them. */
  readonly untrainable?: number;
}

/** Numbers by name. */
export type Counts = Readonly<Record<string, number>>;

export interface EvaluationTotals extends RolloutTotals {
  readonly set: string;
  readonly when: 'before' | 'after';
  readonly policyVersion: number;
  readonly instances: number;
}

export interface RunSummary {
  readonly run: string;
  readonly mode: 'inference' | 'train';
  readonly totals: RolloutTotals;
  readonly steps: number;
  readonly rewardByStep: readonly number[];
  /** Records left out for want of FAIL_TO_PASS or PASS_TO_PASS. */
  readonly droppedWithoutTests: number;
  /** What the data was: records before condition and sample, and the commit of a data set of the hub. Absent under 0.2. */
  readonly data?: { readonly records?: number; readonly revision?: string | null } | undefined;
  readonly filter: {
    readonly checked: number;
    readonly kept: number;
    readonly reasons: Readonly<Record<string, number>>;
  } | null;
  readonly evaluations: readonly EvaluationTotals[];
  readonly retries: RetryTotals;
  /** Why the newest attempt that failed did; absent where none has. */
  readonly lastFailure?: string;
  /** Whether it was ended early, by a drain. */
  readonly drained: boolean;
}

/**
 * What became of attempts that failed: a member of a group is replaced a few times, and a group that stays incomplete
 * is given up. Retried members may differ from others, so their rewards are summed apart: the retry bias.
 */
export interface RetryTotals {
  /** Attempts that ended, replaced ones included, and those of them that failed. */
  readonly attempts: number;
  readonly failedAttempts: number;
  /** Scored members that needed a replacement, and the sum of their rewards. */
  readonly retried: number;
  readonly retriedRewardSum: number;
  /** Groups that train on nothing since a member has failed for good. */
  readonly groupsGivenUp: number;
}

/** Why a run stands still: somebody paused it, or too many of its rollouts failed. */
export interface Held {
  readonly by: 'person' | 'failures';
  readonly reason: string;
  readonly since: string;
}

/** What an epoch of a run with a curriculum left out, and what it took. */
export interface CurriculumFacts {
  /** How many rest since every rollout resolves them, and since none does. */
  readonly restingSolved: number;
  readonly restingUnsolved: number;
  /** Mean solve rate of those chosen that were tried before; null where none was. */
  readonly solveRate: number | null;
}

export type RunPhase =
  'preparing' | 'filtering' | 'evaluating before' | 'collecting' | 'training' | 'evaluating after' | 'done';

/** What the train workflow's progress query answers. */
export interface RunProgress {
  readonly run: string;
  readonly mode: 'inference' | 'train';
  readonly phase: RunPhase;
  /** Steps made, and steps planned (an upper bound: a batch that teaches nothing makes none). */
  readonly step: number;
  readonly steps: number;
  /** Rollouts of the current phase. */
  readonly phaseDone: number;
  readonly phaseTotal: number;
  /** Over the whole run, evaluations left out. */
  readonly totals: RolloutTotals;
  readonly rewardByStep: readonly number[];
  readonly filter: RunSummary['filter'];
  readonly evaluations: readonly EvaluationTotals[];
  readonly policyVersion: number;
  readonly retries: RetryTotals;
  /** Null while it runs. */
  readonly held: Held | null;
  readonly draining: boolean;
  /** Of the epoch that is under way, in a run with a curriculum; absent elsewhere. */
  readonly curriculum?: CurriculumFacts & { readonly epoch: number; readonly chosen: number };
  readonly startedAt: string;
}
