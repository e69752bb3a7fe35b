import { withinContext } from './context-limit.ts';
import type { Message } from './messages.ts';
import type { AgentConfig } from './run-config.ts';
import { asPlainText } from './text-protocol.ts';
import type { TurnLink } from './trajectory.ts';

/** A reply of the policy that is trained on, with the sampler's ids and logprobs, one each a token. */
export interface Reply {
  readonly content: string;
  readonly tokenIds: readonly number[];
  readonly logprobs: readonly number[];
}

/** What stands in a conversation: a message as it was shown, or a reply to be trained on in its place. */
export type Spoken = { readonly message: Message } | { readonly reply: Reply };

/** How an agent's prompts were made of its transcript. */
export interface PromptRules {
  /** Null for no limit. */
  readonly contextTokens: number | null;
  readonly maxTokens: number;
  readonly toolProtocol: 'calls' | 'text';
}

/** The rules of a run's agent. */
export function promptRules({
  contextTokens = null,
  maxTokens,
  toolProtocol = 'calls',
}: AgentConfig): PromptRules {
  return { contextTokens, maxTokens, toolProtocol };
}

/** The conversation that a transcript amounts to; completions keep their exact token ids where there are any. */
export function messagesOf(links: readonly TurnLink[]): readonly Message[] {
  return links.flatMap((link): readonly Message[] => {
    if (link.kind === 'start') return link.messages;
    if (link.kind === 'tool') {
      return [{ role: 'tool', content: link.observation, toolCallId: link.call.id }];
    }
    const { message, completionTokenIds: tokenIds } = link;
    return [tokenIds === null ? message : { ...message, tokenIds }];
  });
}

/** The messages that the next call of a model is made with, after these links. */
export function promptOf(links: readonly TurnLink[], rules: PromptRules): readonly Message[] {
  return shown(
    withinContext(links, { limit: rules.contextTokens ?? Infinity, reply: rules.maxTokens }),
    rules,
  );
}

/**
 * A transcript as conversations, each reply trained on once: a reply goes on with the conversation of the one before it where
 * its prompt begins as that one's did; where something was left out since, it begins another, with the earlier replies as
 * plain messages. Null where a reply has no ids or logprobs.
 */
export function conversationsOf(links: readonly TurnLink[], rules: PromptRules): Spoken[][] | null {
  const conversations: { spoken: Spoken[]; shown: readonly Message[] }[] = [];
  for (const [i, link] of links.entries()) {
    if (link.kind !== 'model') continue;
    const reply = replyOf(link);
    if (reply === null) return null;
    const prompt = promptOf(links.slice(0, i), rules);
    let current = conversations.at(-1);
    if (current === undefined || !beginsWith(prompt, current.shown)) {
      current = { spoken: [], shown: [] };
      conversations.push(current);
    }
    current.spoken.push(...prompt.slice(current.shown.length).map((one) => ({ message: one })));
    current.spoken.push({ reply });
    current.shown = [...prompt, ...shown([link], rules)];
  }
  return conversations.map(({ spoken }) => spoken);
}

/** Whether a transcript has replies, and each of them its ids and logprobs. */
export function hasReplies(links: readonly TurnLink[]): boolean {
  const models = links.filter((link) => link.kind === 'model');
  return models.length > 0 && models.every((link) => replyOf(link) !== null);
}

function replyOf(link: Extract<TurnLink, { kind: 'model' }>): Reply | null {
  const { completionTokenIds: tokenIds, logprobs, message } = link;
  if (tokenIds === null || logprobs === null || tokenIds.length !== logprobs.length) return null;
  return { content: message.content, tokenIds, logprobs };
}

function shown(links: readonly TurnLink[], { toolProtocol }: PromptRules): readonly Message[] {
  const messages = messagesOf(links);
  return toolProtocol === 'text' ? asPlainText(messages) : messages;
}

function beginsWith(messages: readonly Message[], beginning: readonly Message[]): boolean {
  return JSON.stringify(messages.slice(0, beginning.length)) === JSON.stringify(beginning);
}
