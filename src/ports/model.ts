import type { Message, ToolDefinition, Usage } from '../domain/messages.ts';

export interface ModelRequest {
  readonly model: string;
  /** Base URL; null for the embedded policy server. */
  readonly apiBase: string | null;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly temperature: number;
  readonly maxTokens: number;
  readonly seed: number;
  /** Time that the call may take, the whole answer included. */
  readonly timeoutMs: number;
}

export interface ModelResponse {
  readonly message: Extract<Message, { role: 'assistant' }>;
  /** Null where the endpoint gives none. */
  readonly promptTokenIds: readonly number[] | null;
  readonly completionTokenIds: readonly number[] | null;
  readonly logprobs: readonly number[] | null;
  /** What the endpoint would not be told, so that it sampled as it sees fit; absent where it took both. */
  readonly refused?: readonly ('temperature' | 'seed')[];
  readonly finishReason: string;
  readonly usage: Usage | null;
  readonly model: string;
}

/** An OpenAI-compatible endpoint. All errors are SteadfastErrors of type `Model.*`; it never retries by itself. */
export interface Model {
  sample(request: ModelRequest, signal?: AbortSignal): Promise<ModelResponse>;
  /** Refuses with `Model.Unknown`, `Model.Unreachable` or `Model.Silent` before a run begins. */
  check(model: string, apiBase: string | null, signal?: AbortSignal): Promise<void>;
}
