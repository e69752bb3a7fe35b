import type { Message } from './messages.ts';

/*
 * Tool calls in plain text, for models and endpoints that know no others: each fenced block of shell is a command, and a
 * message without one ends the work. What comes of the commands is the next message of the user.
 */

type AssistantMessage = Extract<Message, { role: 'assistant' }>;

/** A fenced block, its fences at the start of a line; a longer fence may hold shorter ones. */
const BLOCK = /^(`{3,})(?:bash|sh|shell)[ \t]*\n([\s\S]*?)^\1[ \t]*$/gm;

/** The message with a call of `bash` for each of its blocks; ids are made of the prefix and the position. */
export function withCommands(message: AssistantMessage, idPrefix: string): AssistantMessage {
  const toolCalls = [...message.content.matchAll(BLOCK)].map(([, , command = ''], i) => ({
    id: `${idPrefix}_${i}`,
    name: 'bash',
    arguments: JSON.stringify({ command: command.replace(/\n$/, '') }),
  }));
  return { ...message, toolCalls };
}

/** The conversation without tools: what the commands of a message gave is one message of the user, as some models take turns strictly. */
export function asPlainText(messages: readonly Message[]): readonly Message[] {
  const plain: Message[] = [];
  let results: string[] = [];
  const answer = (): void => {
    if (results.length > 0) plain.push({ role: 'user', content: results.join('\n\n') });
    results = [];
  };
  for (const message of messages) {
    if (message.role === 'tool') {
      results.push(message.content);
      continue;
    }
    answer();
    plain.push(message.role === 'assistant' ? { ...message, toolCalls: [] } : message);
  }
  answer();
  return plain;
}
