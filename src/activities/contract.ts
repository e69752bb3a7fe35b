import type { FilterConfig } from '../domain/filter-summary.ts';
import type { RolloutResult, StopReason } from '../domain/trajectory.ts';
import type { Policy, RunConfig } from '../domain/run-config.ts';
import type { Usage } from '../domain/messages.ts';
import type { CurriculumFacts, RunSummary, Verdict } from '../domain/run-summary.ts';

/*
 * What workflows and activities say to each other. Everything here lands in a history, so it is small: sha256
 * references into the artifact store and a few facts. Payloads stay below 16 KiB, so lists are paged.
 */

/** An instance by reference. */
export interface InstanceRef {
  readonly instanceId: string;
  /** sha256 of the parsed Instance. */
  readonly ref: string;
}

/** A stored, ordered list of instances: read by cursor, never carried. */
export interface InstanceList {
  /** sha256 of an array of InstanceRef. */
  readonly ref: string;
  readonly count: number;
}

// ---------------------------------------------------------------- records (queue steadfast-records)

export interface RecordActivities extends FilterActivities {
  /** Validates a raw input, fills defaults, writes config.json; `Config.Invalid` names every bad field. */
  resolveRun(input: { readonly input: unknown; readonly workflowId: string }): Promise<ResolvedRun>;
  loadInstances(input: {
    readonly data: string;
    /** sha256 of the RunConfig, or of the FilterConfig, whose selection of records holds; absent takes them all. */
    readonly config?: string;
    readonly requireNonZeroTests: boolean;
    /** Null keeps the data's order. */
    readonly shuffleSeed: number | null;
  }): Promise<{
    readonly list: InstanceList;
    readonly droppedWithoutTests: number;
    /** Records before condition and sample; absent in answers of 0.2, as is the next. */
    readonly records?: number;
    /** The commit that a data set of the hub was read at; null for files. */
    readonly revision?: string | null;
  }>;
  /** At most 32 a call. */
  readInstances(input: {
    readonly list: string;
    readonly from: number;
    readonly count: number;
  }): Promise<readonly InstanceRef[]>;
  /** Stores the listed positions, in the order given and after those of `append`, as a new list. */
  selectInstances(input: {
    readonly list: string;
    readonly positions: readonly number[];
    /** sha256 of a list that the new one goes on with; null begins one. */
    readonly append: string | null;
  }): Promise<InstanceList>;
  /** The first `count` of a list, but for those in quarantine, in an order that depends on the seed alone. */
  shuffleInstances(input: {
    readonly list: string;
    readonly count: number;
    readonly seed: number;
  }): Promise<InstanceList & { readonly quarantined?: number }>;
  /**
   * Those of the first `count` of a list that an epoch of a run with a curriculum takes, in its order, by the records of the
   * run's groups in earlier epochs; none in quarantine.
   */
  chooseInstances(input: {
    readonly run: string;
    readonly config: string;
    readonly list: string;
    readonly count: number;
    /** From 1. */
    readonly epoch: number;
  }): Promise<InstanceList & { readonly curriculum: CurriculumFacts }>;
  /** The first `count` of a list but for those in quarantine, in the list's order. */
  leaveOutQuarantined(input: {
    readonly list: string;
    readonly count: number;
  }): Promise<InstanceList & { readonly quarantined: number }>;
  /** Stores a page of verdicts and derives filter.json from the pages: verdicts by instance, counts by reason. */
  recordFilter(input: {
    readonly run: string;
    /** Position of the page's first verdict in the list. */
    readonly from: number;
    readonly verdicts: readonly Verdict[];
  }): Promise<void>;
  /** Writes trajectories/<rollout>.json, derived whole from the turns and the grading, and answers what counts of it. */
  recordTrajectory(input: RecordTrajectoryInput): Promise<RecordedTrajectory>;
  /** Stores a group's record: members, rewards, advantages. Answers whether it has a lesson, which it did not under an early 0.3. */
  recordGroup(input: {
    readonly run: string;
    readonly group: number;
    readonly results: readonly RolloutResult[];
    readonly config: string;
    /** What the group is for: `train`, `inference`, or `before/<set>` and `after/<set>` of an evaluation. */
    readonly purpose: string;
    /** Whether it trains nobody, since a member has no score; absent in groups begun under 0.1. */
    readonly givenUp?: boolean;
    /** Number of the epoch, from 1; absent in an evaluation, and in groups begun under an early 0.3. */
    readonly epoch?: number;
  }): Promise<{ readonly record: string; readonly teaches?: boolean }>;
  /** Derives groups.jsonl and metrics.jsonl whole from the stored facts after a batch or step. */
  recordStep(input: {
    readonly run: string;
    readonly step: number;
    readonly policyVersion: number;
    readonly metrics: Readonly<Record<string, number>>;
  }): Promise<void>;
  /** Writes summary.json when a run has ended. */
  recordSummary(input: { readonly run: string; readonly summary: RunSummary }): Promise<void>;
  /** Those of the named workflows that no longer run, or never did. */
  closedWorkflows(input: { readonly ids: readonly string[] }): Promise<readonly string[]>;
  /** Does nothing: `doctor` times the server by it. */
  noop(): Promise<void>;
}

/** What the filter of a data set records, beside `recordFilter`. */
export interface FilterActivities {
  /** Validates a raw input, fills defaults, writes config.json; `Config.Invalid` names every bad field. */
  resolveFilter(input: { readonly input: unknown; readonly workflowId: string }): Promise<ResolvedFilter>;
  /**
   * Writes kept.jsonl: the records of the accepted instances as the data has them, each with `steadfast_verdict`. Says how
   * many of them are in quarantine.
   */
  recordKept(input: {
    readonly run: string;
    readonly config: string;
    /** The commit that a data set of the hub was read at; null for files. */
    readonly revision: string | null;
    /** Instances judged. */
    readonly checked: number;
    /** The accepted instances; null when there are none. */
    readonly list: InstanceList | null;
  }): Promise<{ readonly kept: number; readonly quarantined: number }>;
}

export interface ResolvedFilter {
  /** sha256 of the FilterConfig. */
  readonly config: string;
  readonly filter: FilterConfig;
}

export interface ResolvedRun {
  /** sha256 of the RunConfig. */
  readonly config: string;
  readonly run: string;
  /** What the workflow itself decides by; prompts stay behind the reference. */
  readonly plan: RunPlan;
  /** Whether the search attributes are registered: upserting an unregistered one blocks a workflow for ever. */
  readonly searchable: boolean;
}

export type RunPlan = Pick<
  RunConfig,
  | 'mode'
  | 'data'
  | 'numInstances'
  | 'shuffle'
  | 'seed'
  | 'batchSize'
  | 'rolloutsPerInstance'
  | 'epochs'
  | 'qualityFilter'
  | 'requireNonZeroTests'
  | 'sandbox'
  | 'concurrency'
  | 'model'
  | 'apiBase'
  | 'evaluation'
  | 'heartbeatSeconds'
  | 'maxFailedShare'
> & {
  readonly maxSteps: number;
  /** Absent in runs begun before it was an option, under 0.3 at the latest. */
  readonly timeLimitSeconds?: number;
  /** Absent where each step is waited for. */
  readonly maxStaleness?: number;
  /** Absent where a batch does not grow for want of lessons. */
  readonly oversample?: number;
  /** Whether epochs choose their instances; absent where they take them all. */
  readonly chooses?: true;
  /** Whether some checkpoints are deleted; absent where none is. */
  readonly prunes?: true;
  /** Absent in runs begun under 0.2. */
  readonly flakeChance?: number;
};

export interface RecordTrajectoryInput {
  readonly run: string;
  readonly rollout: string;
  readonly instance: InstanceRef;
  readonly config: string;
  readonly policy: Policy;
  readonly seed: number;
  readonly status: 'scored' | 'failed' | 'cancelled';
  readonly stopReason: StopReason;
  readonly failure: { readonly type: string; readonly message: string } | null;
  /** sha256 of the last link; null when no turn was made. */
  readonly head: string | null;
  /** sha256 of the Grading; null when it was not graded. */
  readonly grading: string | null;
  /** What its sandboxes ran in; null when none was opened, absent in rollouts of 0.2. */
  readonly environment?: string | null;
  readonly startedAt: string;
}

export interface RecordedTrajectory {
  /** sha256 of the trajectory. */
  readonly trajectory: string;
  readonly trainable: boolean;
  /** What counts of a scored one; absent where it was not scored, or recorded by a worker of 0.2. */
  readonly counted?: Required<
    Pick<RolloutResult, 'mask' | 'baselineReward' | 'findings' | 'verified' | 'resolved'>
  > & { readonly reward: number };
}

// ---------------------------------------------------------------- model (steadfast-model)

export interface ModelActivities {
  /** Refuses an unknown model or an unreachable endpoint before any sandbox is opened. */
  checkModel(input: { readonly model: string; readonly apiBase: string | null }): Promise<void>;
  sampleTurn(input: SampleInput): Promise<SampleOutput>;
}

export interface SampleInput {
  readonly rollout: string;
  readonly instance: InstanceRef;
  readonly config: string;
  readonly policy: Policy;
  /** Null begins the transcript. */
  readonly head: string | null;
  readonly turn: number;
  /** Of run seed, group, member and turn: a replacement keeps it. */
  readonly seed: number;
}

export interface SampleOutput {
  readonly head: string;
  readonly finishReason: string;
  /** One line for each call, "bash: pytest -q", at most 100 characters; at most 16 calls are carried out. */
  readonly calls: readonly string[];
  readonly usage: Usage | null;
  /** What the call took; absent where it was made by a worker of an early 0.3. */
  readonly durationMs?: number;
}
