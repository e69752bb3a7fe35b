/** A tool call as the model wrote it; `arguments` is the raw text, which need not be JSON. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** One message of a conversation, in the shape of OpenAI's chat API with camelCase names. */
export type Message =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly toolCalls: readonly ToolCall[];
      readonly reasoning?: string;
      /** The exact completion ids, end token included, where the server gave them. */
      readonly tokenIds?: readonly number[];
    }
  | { readonly role: 'tool'; readonly content: string; readonly toolCallId: string };

/** A tool as the model is told of it; `parameters` is a JSON Schema. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}
