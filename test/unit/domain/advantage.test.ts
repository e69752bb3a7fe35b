import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advantageSeed,
  advantagesOf,
  hasVariance,
  type AdvantageKind,
} from '../../../src/domain/advantage.ts';
import { deriveSeed } from '../../../src/domain/seeds.ts';

const KINDS: readonly AdvantageKind[] = ['mean', 'leave-one-out', 'std'];
const near = (a: number | undefined, b: number): void =>
  assert.ok(Math.abs((a ?? Number.NaN) - b) < 1e-9, `${a} is not ${b}`);
const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('each kind gives what its formula says', () => {
  const rewards = [1, 0.2, 0.2, 0.2];
  assert.deepEqual(advantagesOf([1, 0], 'mean'), [0.5, -0.5]);
  near(advantagesOf(rewards, 'mean')[0], 0.6);
  near(advantagesOf(rewards, 'leave-one-out')[0], 0.8);
  near(advantagesOf(rewards, 'std')[0], 0.6 / (0.4 + 1e-6));
});

test('advantages of any group sum to nothing, keep the order of rewards, and do not see a shift of all of them', () => {
  for (let seed = 0; seed < 200; seed++) {
    const rewards = Array.from({ length: 2 + (seed % 7) }, (_, i) => (deriveSeed(seed, i) % 1000) / 1000);
    for (const kind of KINDS) {
      const advantages = advantagesOf(rewards, kind);
      near(sum(advantages), 0);
      for (const [i, a] of rewards.entries()) {
        for (const [j, b] of rewards.entries()) {
          if (a > b) assert.ok((advantages[i] ?? 0) > (advantages[j] ?? 0));
        }
      }
      const shifted = advantagesOf(
        rewards.map((reward) => reward + 3),
        kind,
      );
      for (const [i, advantage] of advantages.entries()) near(shifted[i], advantage);
    }
  }
});

test('shuffled advantages are those of the mean, each seed in an order of its own that owes nothing to the rewards', () => {
  const rewards = [1, 0.2, 0.2, 0.6, 0];
  const centred = advantagesOf(rewards, 'mean');
  const firsts = new Map<number, number>();
  for (let group = 1; group <= 2000; group++) {
    const seed = advantageSeed(7, group);
    const dealt = advantagesOf(rewards, 'shuffled', seed);
    assert.deepEqual(advantagesOf(rewards, 'shuffled', seed), dealt);
    assert.deepEqual(ascending(dealt), ascending(centred));
    const [first = Number.NaN] = dealt;
    firsts.set(first, (firsts.get(first) ?? 0) + 1);
  }
  // 0.2 is there twice among five.
  for (const [value, times] of firsts) {
    const expected = (2000 * centred.filter((one) => one === value).length) / 5;
    assert.ok(Math.abs(times - expected) < 0.2 * expected, `${value}: ${times} of ${expected}`);
  }
  assert.equal(firsts.size, 4);
});

test('equal rewards and groups of one teach nothing', () => {
  for (const kind of KINDS) {
    for (const advantage of advantagesOf([0.2, 0.2, 0.2], kind)) near(advantage, 0);
    assert.deepEqual(advantagesOf([1], kind), [0]);
    assert.deepEqual(advantagesOf([], kind), []);
  }
  assert.equal(hasVariance([0.2, 0.2]), false);
  assert.equal(hasVariance([0.1 + 0.2, 0.3]), false);
  assert.equal(hasVariance([0.2, 0.21]), true);
  assert.equal(hasVariance([]), false);
});
