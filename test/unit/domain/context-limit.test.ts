import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as check, array, integer, property } from 'fast-check';
import { LEFT_OUT, withinContext } from '../../../src/domain/context-limit.ts';
import type { TurnLink } from '../../../src/domain/trajectory.ts';

const REPLY = 100;
const START: TurnLink = {
  kind: 'start',
  parent: null,
  messages: [{ role: 'user', content: 'x'.repeat(300) }],
};

/** Turns of one call each, whose observations have so many characters; the endpoint counts three a token, or does not. */
function transcript(sizes: readonly number[], counted: boolean, limit = Infinity): TurnLink[] {
  const links: TurnLink[] = [START];
  for (const [i, size] of sizes.entries()) {
    const prompt = withinContext(links, { limit, reply: REPLY });
    const promptTokens = Math.ceil(charactersOf(prompt) / 3);
    links.push({
      kind: 'model',
      parent: 'p',
      turn: i + 1,
      message: { role: 'assistant', content: 'y'.repeat(30), toolCalls: [] },
      promptTokenIds: null,
      completionTokenIds: null,
      logprobs: null,
      finishReason: 'stop',
      usage: counted ? { promptTokens, completionTokens: 10 } : null,
      model: 'm',
      startedAt: '',
      durationMs: 1,
    });
    links.push({
      kind: 'tool',
      parent: 'p',
      turn: i + 1,
      call: { id: 'c', name: 'bash', arguments: '{}' },
      observation: 'z'.repeat(size),
      exitCode: 0,
      timedOut: false,
      startedAt: '',
      durationMs: 1,
    });
  }
  return links;
}

function charactersOf(links: readonly TurnLink[]): number {
  const lengths = links.map((link) => {
    if (link.kind === 'start') return 300;
    return link.kind === 'model' ? link.message.content.length : link.observation.length;
  });
  return lengths.reduce((sum, length) => sum + length, 0);
}

const leftOut = (links: readonly TurnLink[]): number[] =>
  links.flatMap((link) => (link.kind === 'tool' && link.observation === LEFT_OUT ? [link.turn] : []));

describe('a transcript within a context', () => {
  it('is whole where there is room', () => {
    const links = transcript([3000, 3000], true);
    assert.deepEqual(withinContext(links, { limit: 10_000, reply: REPLY }), links);
  });

  it('leaves the oldest observations out, and makes enough room for a while', () => {
    const links = transcript([3000, 3000, 3000, 3000], true, 3500);
    // 100 + 4 x 1,010 tokens and the reply are more than 3,500; 2,450 of them are left when two have gone.
    assert.deepEqual(leftOut(withinContext(links, { limit: 3500, reply: REPLY })), [1, 2]);
  });

  it('leaves out nothing that is shorter than what would stand in its place', () => {
    const links = transcript([10, 3000, 3000], true);
    assert.deepEqual(leftOut(withinContext(links, { limit: 2000, reply: REPLY })), [2]);
  });

  it('counts a reply with its calls, as the endpoint does or by its characters', () => {
    const toolCalls = [{ id: 'c', name: 'bash', arguments: 'a'.repeat(6000) }];
    const usage = { promptTokens: 400, completionTokens: 2010 };
    for (const counted of [true, false]) {
      const links = transcript([600, 600], counted).map((link): TurnLink =>
        link.kind === 'model'
          ? { ...link, message: { ...link.message, toolCalls }, usage: counted ? usage : null }
          : link,
      );
      // Without its replies it is some 500 tokens, with the last of them 2,610 or more.
      assert.deepEqual(leftOut(withinContext(links, { limit: 2600, reply: REPLY })), [1], String(counted));
    }
  });

  for (const counted of [true, false]) {
    it(`never takes back what it left out, nor the newest turn's (${counted ? 'counted' : 'estimated'})`, () => {
      const sizes = array(integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 20 });
      check(
        property(sizes, (given) => {
          const limit = 4000;
          const all = transcript(given, counted, limit);
          let before: number[] = [];
          for (let turns = 1; turns <= given.length; turns++) {
            const kept = withinContext(all.slice(0, 1 + 2 * turns), { limit, reply: REPLY });
            const now = leftOut(kept);
            assert.deepEqual(now.slice(0, before.length), before);
            assert.ok(!now.includes(turns));
            const rest = charactersOf(kept) - (given[turns - 1] ?? 0);
            if (now.length < turns - 1)
              assert.ok(rest / 3 <= limit, 'room was not made while there was some to make');
            before = now;
          }
        }),
      );
    });
  }
});
