import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LEFT_OUT } from '../../../src/domain/context-limit.ts';
import {
  conversationsOf,
  hasReplies,
  promptOf,
  type PromptRules,
  type Spoken,
} from '../../../src/domain/conversation.ts';
import type { TurnLink } from '../../../src/domain/trajectory.ts';

type ModelLink = Extract<TurnLink, { kind: 'model' }>;

const RULES: PromptRules = { contextTokens: null, maxTokens: 10, toolProtocol: 'calls' };

const start: TurnLink = {
  kind: 'start',
  parent: null,
  messages: [
    { role: 'system', content: 'You mend code.' },
    { role: 'user', content: 'mend it' },
  ],
};

const call = (turn: number) => ({ id: `c${turn}`, name: 'bash', arguments: '{"command":"ls"}' });

const model = (turn: number, tokens: readonly number[] | null = [turn], promptTokens = 10): ModelLink => ({
  kind: 'model',
  parent: 'p',
  turn,
  message: { role: 'assistant', content: `turn ${turn}`, toolCalls: [call(turn)] },
  promptTokenIds: null,
  completionTokenIds: tokens,
  logprobs: tokens?.map(() => -0.5) ?? null,
  finishReason: 'stop',
  usage: { promptTokens, completionTokens: 1 },
  model: 'm',
  startedAt: '',
  durationMs: 1,
});

const tool = (turn: number, observation: string): TurnLink => ({
  kind: 'tool',
  parent: 'p',
  turn,
  call: call(turn),
  observation,
  exitCode: 0,
  timedOut: false,
  startedAt: '',
  durationMs: 1,
});

/** Each thing said in a word: `user`, `assistant`, `tool`, or the tokens of a reply. */
function brief(conversation: readonly Spoken[]): string[] {
  return conversation.map((one) => ('reply' in one ? one.reply.tokenIds.join(' ') : one.message.role));
}

describe('conversations', () => {
  it('hold each reply once, in the place where it was given', () => {
    const links = [start, model(1), tool(1, 'a.py'), model(2, [20, 21])];
    const [only = [], ...others] = conversationsOf(links, RULES) ?? [];
    assert.deepEqual([brief(only), others], [['system', 'user', '1', 'tool', '20 21'], []]);
    assert.deepEqual(only.at(-1), {
      reply: { content: 'turn 2', tokenIds: [20, 21], logprobs: [-0.5, -0.5] },
    });
  });

  it('begin anew where a prompt left something out, with the replies before it as they were shown', () => {
    const long = 'x'.repeat(300);
    const links = [start, model(1), tool(1, long), model(2, [2], 120), tool(2, long), model(3)];
    const rules = { ...RULES, contextTokens: 180 };
    const [first = [], second = []] = conversationsOf(links, rules) ?? [];
    assert.deepEqual(brief(first), ['system', 'user', '1', 'tool', '2']);
    assert.deepEqual(brief(second), ['system', 'user', 'assistant', 'tool', 'assistant', 'tool', '3']);
    assert.deepEqual(second[3], { message: { role: 'tool', content: LEFT_OUT, toolCallId: 'c1' } });
    assert.deepEqual(
      second.slice(0, -1),
      promptOf(links.slice(0, -1), rules).map((message) => ({ message })),
    );
  });

  it('are of plain text where the agent was', () => {
    const links = [start, model(1), tool(1, 'a.py'), tool(1, 'b.py'), model(2)];
    const [only = []] = conversationsOf(links, { ...RULES, toolProtocol: 'text' }) ?? [];
    assert.deepEqual(brief(only), ['system', 'user', '1', 'user', '2']);
    assert.deepEqual(only[3], { message: { role: 'user', content: 'a.py\n\nb.py' } });
  });

  it('are none where a reply has no ids, or not as many logprobs', () => {
    const uneven: ModelLink = { ...model(2), completionTokenIds: [2, 3] };
    for (const reply of [model(2, null), uneven]) {
      const links: TurnLink[] = [start, model(1), tool(1, ''), reply];
      assert.equal(conversationsOf(links, RULES), null);
      assert.equal(hasReplies(links), false);
    }
    assert.equal(hasReplies([start, model(1), tool(1, '')]), true);
    assert.equal(hasReplies([start]), false);
  });
});

describe('a prompt', () => {
  it('leaves room for as many tokens as a reply may have', () => {
    const long = 'x'.repeat(300);
    const links = [start, model(1), tool(1, long), model(2, [2], 120), tool(2, long)];
    // 121 tokens up to the second reply, 100 for what it was answered, 10 for the next.
    const said = [231, 230].map((contextTokens) =>
      promptOf(links, { ...RULES, contextTokens }).some(({ content }) => content === LEFT_OUT),
    );
    assert.deepEqual(said, [false, true]);
  });
});
