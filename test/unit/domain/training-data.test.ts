import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplesOf } from '../../../src/domain/training-data.ts';
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

test('every sample has arrays of one length, as many counted tokens as completions, and 0 for the rest', () => {
  for (let turns = 1; turns < 6; turns++) {
    const links: ModelLink[] = [];
    let tokens: number[] = [];
    for (let i = 0; i < turns; i++) {
      // Each third turn forgets what was before it, as a compacted context does.
      const prompt = i % 3 === 2 ? [100 + i] : [...tokens, 10 + i, 20 + i];
      const completion = [30 + i, 40 + i, 50 + i].slice(0, 1 + (i % 3));
      links.push(turn(prompt, completion));
      tokens = [...prompt, ...completion];
    }
    const samples = samplesOf(links, of) ?? [];
    let counted = 0;
    for (const { tokens: ids, mask, logprobs } of samples) {
      assert.equal(mask.length, ids.length);
      assert.equal(logprobs.length, ids.length);
      for (const [i, bit] of mask.entries()) assert.equal(logprobs[i] === 0, bit === 0);
      counted += mask.filter((bit) => bit === 1).length;
    }
    assert.equal(counted, links.flatMap((link) => link.completionTokenIds ?? []).length);
  }
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
