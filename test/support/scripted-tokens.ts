import type { WireMessage } from './scripted-policy.ts';

/** Ids above the bytes mark where messages begin, by role, and where they end. */
const MARKS: Readonly<Record<string, number>> = { system: 256, user: 257, assistant: 258, tool: 259 };
const END = 260;

/** Fake ids of a prompt, one a byte: a prompt begins with the prompt and the completion of the turn before it. */
export function promptIds(messages: readonly WireMessage[]): readonly number[] {
  const ids = messages.flatMap((message) => {
    const { role, token_ids: spliced } = message;
    const inner = spliced ?? completionIds(textOf(message));
    return [MARKS[role] ?? END, ...inner];
  });
  return [...ids, MARKS['assistant'] ?? END];
}

/** Fake ids of a completion, end token included. */
export function completionIds(text: string): readonly number[] {
  return [...Buffer.from(text), END];
}

/** What an assistant message amounts to as text: its content and its calls. */
export function textOf(message: WireMessage & { readonly tool_calls?: unknown }): string {
  return `${message.content ?? ''}${message.tool_calls === undefined ? '' : JSON.stringify(message.tool_calls)}`;
}
