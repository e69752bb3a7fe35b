import type { Message, ToolCall, ToolDefinition } from '../../domain/messages.ts';

/** What a message carries besides what every server takes. */
export interface Extras {
  /** Our own extension. */
  readonly tokenIds?: boolean;
  /** What the model thought: some models refuse a history with calls that lacks it. */
  readonly reasoning?: boolean;
}

/** A message as the chat API has it. */
export function messageToWire(message: Message, extras: Extras = {}): Record<string, unknown> {
  if (message.role === 'tool') {
    return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  }
  if (message.role !== 'assistant') return { role: message.role, content: message.content };
  const { content, toolCalls, tokenIds, reasoning } = message;
  return {
    role: 'assistant',
    content: content === '' && toolCalls.length > 0 ? null : content,
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls.map(callToWire) } : {}),
    ...(extras.tokenIds === true && tokenIds !== undefined && tokenIds.length > 0
      ? { token_ids: tokenIds }
      : {}),
    ...(extras.reasoning === true && reasoning !== undefined ? { reasoning_content: reasoning } : {}),
  };
}

/** A tool as the chat API has it. */
export function toolToWire({ name, description, parameters }: ToolDefinition): Record<string, unknown> {
  return { type: 'function', function: { name, description, parameters } };
}

/** Servers refuse a history whose calls are malformed, so the model's own words travel inside a valid call. */
function callToWire(call: ToolCall): Record<string, unknown> {
  const name = call.name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'unreadable';
  const text = isJsonObject(call.arguments)
    ? call.arguments
    : JSON.stringify({ malformed_arguments: call.arguments });
  return { id: call.id, type: 'function', function: { name, arguments: text } };
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
