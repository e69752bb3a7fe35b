import type { ToolCall } from '../../domain/messages.ts';
import { type Fields, fieldsOf, textOf } from './wire-values.ts';

/** Of one message; a model that repeats itself to the end of its tokens writes thousands, and each is answered. */
const CALLS = 128;

/**
 * The tool calls of a message in whatever shape they came. Arguments stay the text that the model wrote; ids that are
 * missing or double are made of the prefix and the position, the same for the same answer.
 */
export function callsOf(message: Fields, idPrefix: string): readonly ToolCall[] {
  const given = message['tool_calls'] ?? message['function_call'] ?? [];
  const calls = (Array.isArray(given) ? given : [given]).slice(0, CALLS).map(callOf);
  const seen = new Set<string>();
  return calls.map((call, i) => {
    const id = call.id === '' || seen.has(call.id) ? `${idPrefix}_${i}` : call.id;
    seen.add(id);
    return { ...call, id };
  });
}

function callOf(value: unknown): ToolCall {
  const call = fieldsOf(value);
  if (call === null) return { id: '', name: '', arguments: written(value) };
  // The legacy shape, and that of some servers, has name and arguments without the object around them.
  const inner = fieldsOf(call['function']) ?? call;
  return { id: textOf(call['id']), name: textOf(inner['name']), arguments: written(inner['arguments']) };
}

function written(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
