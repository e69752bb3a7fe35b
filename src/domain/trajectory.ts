import type { Finding, FindingKind } from './findings.ts';
import type { MaskReason } from './mask.ts';
import type { Message, ToolCall, ToolDefinition, Usage } from './messages.ts';
import type { RewardMetrics, TestOutcomes } from './reward.ts';

/** Why a rollout ended. The first message without a tool call is `done`. */
export type StopReason =
  'done' | 'max_steps' | 'context_overflow' | 'output_truncated' | 'time_limit' | 'failed' | 'cancelled';

/**
 * One link of a transcript: an immutable blob that names its parent, so a head names the whole conversation.
 * Stored under the sha256 of its JSON.
 */
export type TurnLink =
  | { readonly kind: 'start'; readonly parent: null; readonly messages: readonly Message[] }
  | {
      readonly kind: 'model';
      readonly parent: string;
      readonly turn: number;
      readonly message: Extract<Message, { role: 'assistant' }>;
      /** Ids of the whole prompt of this call; null where the endpoint gives none. */
      readonly promptTokenIds: readonly number[] | null;
      readonly completionTokenIds: readonly number[] | null;
      /** One for each completion token, of the distribution sampled from. */
      readonly logprobs: readonly number[] | null;
      /** What the endpoint would not be told, so that it sampled as it sees fit. */
      readonly refused?: readonly ('temperature' | 'seed')[];
      readonly finishReason: string;
      readonly usage: Usage | null;
      readonly model: string;
      readonly startedAt: string;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'tool';
      readonly parent: string;
      readonly turn: number;
      readonly call: ToolCall;
      readonly observation: string;
      readonly exitCode: number | null;
      readonly timedOut: boolean;
      /** Whether the kernel ended one of its processes for want of memory; absent in turns of 0.2. */
      readonly outOfMemory?: boolean;
      readonly startedAt: string;
      readonly durationMs: number;
    };

/** How a grading came about, each 1 or 0. */
interface GradingMetrics {
  /** The tests of an equal patch had been run already. */
  readonly gradingCached: number;
  /** This run contradicted a kept one of the same patch. */
  readonly gradingFlaky: number;
  readonly gradingTimedOut: number;
  /** The agent's diff did not apply, or was too large, and was left out. */
  readonly patchRejected: number;
  /** The control run was made, and a test passed in it that was made to fail. */
  readonly controlled: number;
  readonly forged: number;
  readonly gradingOutOfMemory: number;
  /** A sampled grading was made twice. */
  readonly verified: number;
  /** What doing nothing earns on this instance. */
  readonly baselineReward: number;
}

/** The verdict of the data set's own harness, over the same log. */
export interface OfficialVerdict {
  readonly resolved: boolean;
  /** As the harness writes it into its report.json. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** What ended a grading that the patch kept from ending by itself: its reward is 0, by name. */
export type Abuse = 'time' | 'memory' | 'disk' | 'processes';

/** What a grading found, with the evidence. */
export interface Grading {
  readonly reward: number;
  readonly resolved: boolean;
  readonly metrics: RewardMetrics & Partial<GradingMetrics>;
  readonly outcomes: TestOutcomes;
  /** The agent's diff that was graded, test files left out. */
  readonly patch: string;
  readonly environment: string;
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly log: string;
  readonly durationMs: number;
  /** What the grading saw; absent in gradings of 0.2, as are those below. */
  readonly findings?: readonly Finding[];
  readonly abuse?: Abuse | null;
  readonly official?: OfficialVerdict | null;
}

/** The record of one rollout, readable without Temporal. */
export interface Trajectory {
  readonly run: string;
  readonly rollout: string;
  readonly instanceId: string;
  /** sha256 of the parsed instance, by which it can be graded again; absent in trajectories of 0.2. */
  readonly instance?: string;
  /** What its sandboxes ran in: an image's repo digest or id; null when none was opened, absent in trajectories of 0.2. */
  readonly environment?: string | null;
  readonly status: 'scored' | 'failed' | 'cancelled';
  readonly stopReason: StopReason;
  /** The failure's dotted type and message; null when scored. */
  readonly failure: { readonly type: string; readonly message: string } | null;
  readonly policyVersion: number;
  readonly model: string;
  readonly seed: number;
  readonly tools: readonly ToolDefinition[];
  readonly turns: readonly TurnLink[];
  /** The one that counts; what was earned stands in the grading. Null when the rollout failed: that has no reward. */
  readonly reward: number | null;
  readonly resolved: boolean;
  /** The audit's, the grading's among them; absent in trajectories of 0.2, as is the mask. */
  readonly findings?: readonly Finding[];
  /** Why it is kept out of the loss; null when it is not. */
  readonly mask?: MaskReason | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly grading: Grading | null;
  readonly usage: Usage;
  /** Said once where the endpoint gave no token ids or logprobs: such a trajectory can be scored, not trained on. */
  readonly trainable: boolean;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** What a rollout workflow returns: small facts and a reference to the trajectory's blob. */
export interface RolloutResult {
  readonly rollout: string;
  readonly instanceId: string;
  readonly status: 'scored' | 'failed' | 'cancelled';
  readonly stopReason: StopReason;
  readonly failureType: string | null;
  /** The failure in a few words, where there was one; its whole text stands in the trajectory. */
  readonly failureMessage?: string;
  readonly reward: number | null;
  readonly resolved: boolean;
  /** Why it is kept out of the loss; null when it is not, absent in results of 0.2. */
  readonly mask?: MaskReason | null;
  /** What doing nothing earns on its instance; null where that is not known. */
  readonly baselineReward?: number | null;
  /** What the audit and the grading found, each kind once. */
  readonly findings?: readonly FindingKind[];
  /** Whether its grading was made twice. */
  readonly verified?: boolean;
  /** Whether its turns came with token ids and logprobs; absent in results of an early 0.3. */
  readonly trainable?: boolean;
  readonly policyVersion: number;
  readonly turns: number;
  /** sha256 of the trajectory in the artifact store; null when it could not be written. */
  readonly trajectory: string | null;
}

/** What a group workflow came to; its record has the members. */
export interface GroupResult {
  readonly group: number;
  readonly instanceId: string;
  /** Attempts that failed, replaced or not. */
  readonly failures: number;
  /** Whether it trains nobody, since a member has no score. */
  readonly givenUp: boolean;
  /** sha256 of the group's record; null where none was written. */
  readonly record: string | null;
}
