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
}

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
}

/** The record of one rollout, readable without Temporal. */
export interface Trajectory {
  readonly run: string;
  readonly rollout: string;
  readonly instanceId: string;
  readonly status: 'scored' | 'failed' | 'cancelled';
  readonly stopReason: StopReason;
  /** The failure's dotted type and message; null when scored. */
  readonly failure: { readonly type: string; readonly message: string } | null;
  readonly policyVersion: number;
  readonly model: string;
  readonly seed: number;
  readonly tools: readonly ToolDefinition[];
  readonly turns: readonly TurnLink[];
  /** Null when the rollout failed: an infrastructure failure has no reward. */
  readonly reward: number | null;
  readonly resolved: boolean;
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
  readonly policyVersion: number;
  readonly turns: number;
  /** sha256 of the trajectory in the artifact store; null when it could not be written. */
  readonly trajectory: string | null;
}

/** What a group workflow reports to its epoch. */
export interface GroupResult {
  readonly group: number;
  readonly instanceId: string;
  readonly results: readonly RolloutResult[];
  /** Attempts that failed, replaced or not. */
  readonly failures: number;
  /** Whether it trains nobody, since a member has no score. */
  readonly givenUp: boolean;
  /** sha256 of the group's record; null where none was written. */
  readonly record: string | null;
}
