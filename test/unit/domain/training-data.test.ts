import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Sample, samplesOf } from '../../../src/domain/training-data.ts';
import type { TurnLink } from '../../../src/domain/trajectory.ts';

type ModelLink = Extract<TurnLink, { kind: 'model' }>;

const of = { rollout: 'r/g-000000/i/0.0', group: 0, advantage: 0.5 };

function turn(
  prompt: number[] | null,
  completion: number[] | null,
  changed: Partial<ModelLink> = {},
): ModelLink {
  return {
    kind: 'model',
    parent: 'p',
    turn: 0,
    message: { role: 'assistant', content: '', toolCalls: [] },
    promptTokenIds: prompt,
    completionTokenIds: completion,
    logprobs: completion?.map((id) => -id / 10) ?? null,
    finishReason: 'stop',
    usage: null,
    model: 'm',
    startedAt: '',
    durationMs: 0,
    ...changed,
  };
}

test('turns whose prompts go on join into one sample, in which only completions count', () => {
  const samples = samplesOf([turn([1, 2], [3, 4]), turn([1, 2, 3, 4, 5, 6], [7])], of);
  assert.deepEqual(samples, [
    {
      ...of,
      tokens: [1, 2, 3, 4, 5, 6, 7],
      mask: [0, 0, 1, 1, 0, 0, 1],
      logprobs: [0, 0, -0.3, -0.4, 0, 0, -0.7],
    },
  ]);
});

test('a prompt that does not go on begins another sample', () => {
  const samples = samplesOf([turn([1, 2], [3]), turn([1, 2, 9], [4]), turn([1, 2, 9, 4, 5], [6])], of);
  assert.deepEqual(
    samples?.map((sample) => sample.tokens),
    [
      [1, 2, 3],
      [1, 2, 9, 4, 5, 6],
    ],
  );
});

/** What a conversation may do between two turns: go on, or have its past changed by compaction or by drifted ids. */
const conversation = fc.array(
  fc.record({
    observed: fc.array(fc.nat(50), { maxLength: 4 }),
    completion: fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }),
    past: fc.constantFrom('kept' as const, 'kept' as const, 'compacted' as const, 'drifted' as const),
  }),
  { minLength: 1, maxLength: 8 },
);

type Conversation = typeof conversation extends fc.Arbitrary<infer T> ? T : never;

/** The model's turns of a conversation, each token's logprob its own. */
function linksOf(turns: Conversation): ModelLink[] {
  let [past, drawn]: [number[], number] = [[], 0];
  return turns.map(({ observed, completion, past: fate }, i) => {
    if (i > 0 && fate === 'compacted') past = past.slice(0, Math.floor(past.length / 2));
    if (i > 0 && fate === 'drifted') past = [...past.slice(0, -1), 99];
    const prompt = [...past, ...observed];
    past = [...prompt, ...completion];
    return turn(prompt, completion, { logprobs: completion.map(() => -++drawn) });
  });
}

/** The part of a sample that ends with its n-th own token. */
function untilOwn({ tokens, mask }: Sample, n: number): readonly number[] {
  let seen = 0;
  return tokens.slice(0, 1 + mask.findIndex((bit) => (seen += bit) === n));
}

test('of any conversation, each token that was sampled is trained on once, after the very prompt it was sampled for', () => {
  fc.assert(
    fc.property(conversation, (turns) => {
      const links = linksOf(turns);
      const samples = samplesOf(links, of) ?? [];
      let sampled = 0;
      const left = [...links];
      for (const sample of samples) {
        const { tokens, mask, logprobs } = sample;
        assert.deepEqual([mask.length, logprobs.length], [tokens.length, tokens.length]);
        const own = logprobs.filter((_, i) => mask[i] === 1);
        assert.ok(logprobs.every((logprob, i) => mask[i] === 1 || logprob === 0));
        // In the order in which they were sampled, none twice.
        assert.deepEqual(
          own,
          own.map(() => -++sampled),
        );
        for (let counted = 0; counted < own.length;) {
          const link = left.shift();
          const completion = link?.completionTokenIds ?? [];
          counted += completion.length;
          assert.deepEqual(untilOwn(sample, counted), [...(link?.promptTokenIds ?? []), ...completion]);
        }
      }
      assert.deepEqual(left, []);
    }),
    { numRuns: 2000 },
  );
});

test('a sample ends only where the past of a conversation was changed', () => {
  fc.assert(
    fc.property(conversation, (turns) => {
      const goesOn = turns.map((one) => ({ ...one, past: 'kept' as const }));
      assert.equal(samplesOf(linksOf(goesOn), of)?.length, 1);
      const drifts = turns.slice(1).filter(({ past }) => past !== 'kept').length;
      assert.ok((samplesOf(linksOf(turns), of)?.length ?? 0) <= 1 + drifts);
    }),
  );
});

test('tool links say nothing, and a turn without ids or logprobs makes the trajectory untrainable', () => {
  const tool: TurnLink = {
    kind: 'tool',
    parent: 'p',
    turn: 0,
    call: { id: 'c', name: 'bash', arguments: '{}' },
    observation: '',
    exitCode: 0,
    timedOut: false,
    startedAt: '',
    durationMs: 0,
  };
  assert.equal(samplesOf([turn([1], [2]), tool, turn([1, 2, 3], [4])], of)?.length, 1);
  assert.equal(samplesOf([turn([1], [2]), turn(null, [4])], of), null);
  assert.equal(samplesOf([turn([1], null)], of), null);
  assert.equal(samplesOf([turn([1], [2], { logprobs: null })], of), null);
  assert.equal(samplesOf([turn([1], [2, 3], { logprobs: [-1] })], of), null);
  assert.deepEqual(samplesOf([tool], of), []);
});
