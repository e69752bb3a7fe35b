import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BatchSample, dataOf, type Reduction } from '../../../../../src/adapters/trainer/tinker/data.ts';
import type { Datum } from '../../../../../src/adapters/trainer/tinker/messages.ts';
import { metricsOf } from '../../../../../src/adapters/trainer/tinker/metrics.ts';

/** Two samples of different lengths: 2 of 4 tokens are the policy's own, and 3 of 6. */
const SAMPLES: readonly BatchSample[] = [
  { tokens: [9, 8, 7, 6], mask: [0, 0, 1, 1], logprobs: [0, 0, -1, -2], advantage: 0.5 },
  { tokens: [1, 2, 3, 4, 5, 6], mask: [0, 1, 0, 1, 1, 0], logprobs: [0, -1, 0, -3, -1, 0], advantage: -0.25 },
];

/** What the embedded trainer's losses are where every ratio is 1 (trainer/steadfast_trainer/loss.py). */
const LOSSES = {
  grpo: -(0.5 + -0.25) / 2,
  dapo: -(2 * 0.5 + 3 * -0.25) / 5,
  dr_grpo: -(2 * 0.5 + 3 * -0.25) / (2 * 4096),
};

/** What servers make of token losses where every ratio is 1. */
const SERVERS: Readonly<Record<Reduction, (data: readonly Datum[]) => number>> = {
  sum: (data) => data.flatMap(({ advantages }) => advantages).reduce((sum, one) => sum - one, 0),
  mean: (data) =>
    data
      .map(({ advantages }) => advantages.reduce((sum, one) => sum - one, 0) / advantages.length)
      .reduce((sum, one) => sum + one, 0) / data.length,
};

describe('a batch for a Tinker server', () => {
  for (const loss of ['grpo', 'dapo', 'dr_grpo'] as const) {
    for (const reduction of ['sum', 'mean'] as const) {
      it(`has the loss of ${loss} on a server that takes the ${reduction}`, () => {
        const made = SERVERS[reduction](dataOf(SAMPLES, loss, reduction));
        assert.ok(Math.abs(made - LOSSES[loss]) < 1e-12, `${made} is not ${LOSSES[loss]}`);
      });
    }
  }

  it('asks for each next token, with an advantage where it is the own one', () => {
    const [first] = dataOf(SAMPLES, 'dapo', 'sum');
    assert.deepEqual(first, {
      tokens: [9, 8, 7],
      targets: [8, 7, 6],
      logprobs: [0, -1, -2],
      advantages: [0, 0.1, 0.1],
    });
  });
});

describe('the metrics of a step', () => {
  it('are those of ratios between the policy and the sampler, over own tokens', () => {
    const logprobs = [
      [-5, -1, -2 + Math.log(1.5)],
      [-1, -7, -3 + Math.log(0.5), -1, -7],
    ];
    const made = metricsOf(SAMPLES, logprobs, { loss: 'dapo', clipLow: 0.2, clipHigh: 0.28 });
    const expected = {
      // 1.5 is clipped to 1.28 where more is better, 0.5 to 0.8 where less is.
      loss: -(0.5 + 1.28 * 0.5 - 0.25 - 0.8 * 0.25 - 0.25) / 5,
      kl: (1.5 - Math.log(1.5) - 1 + (0.5 - Math.log(0.5) - 1)) / 5,
      ratio_mean: 5 / 5,
      clip_fraction: 2 / 5,
      logprob_difference: (Math.log(1.5) - Math.log(0.5)) / 5,
      samples: 2,
      tokens: 5,
    };
    assert.deepEqual(Object.keys(made).toSorted(), Object.keys(expected).toSorted());
    for (const [name, value] of Object.entries(expected)) {
      assert.ok(Math.abs((made[name] ?? NaN) - value) < 1e-12, `${name} is ${made[name]}; expected ${value}`);
    }
  });
});
