import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveSeed, shuffled } from '../../../src/domain/seeds.ts';

test('a seed is the same for the same parts for ever, and lies in [0, 2^31)', () => {
  // Pinned: a resumed run must draw what it drew before.
  assert.equal(deriveSeed(7, 'group', 1, 2), 695_553_620);
  assert.deepEqual(shuffled([0, 1, 2, 3, 4, 5], 3), [2, 3, 5, 1, 0, 4]);
  for (let i = 0; i < 1000; i++) {
    const seed = deriveSeed(i, 'x');
    assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31);
  }
});

test('parts do not run into each other, and neighbours differ', () => {
  assert.notEqual(deriveSeed(1, 23), deriveSeed(12, 3));
  assert.notEqual(deriveSeed('ab', 'c'), deriveSeed('a', 'bc'));
  const seeds = new Set<number>();
  for (let group = 0; group < 20; group++) {
    for (let member = 0; member < 8; member++) {
      for (let turn = 0; turn < 6; turn++) seeds.add(deriveSeed(0, group, member, turn));
    }
  }
  assert.equal(seeds.size, 20 * 8 * 6);
});

test('an order is a permutation that its seed alone decides, and leaves the original', () => {
  const items = Array.from({ length: 50 }, (_, i) => i);
  const once = shuffled(items, 3);
  assert.deepEqual(once, shuffled(items, 3));
  assert.notDeepEqual(once, shuffled(items, 4));
  assert.notDeepEqual(once, items);
  assert.deepEqual(
    once.toSorted((a, b) => a - b),
    items,
  );
  assert.deepEqual(shuffled([], 1), []);
});

test('every item comes first about as often as any other', () => {
  const counts = [0, 0, 0, 0];
  for (let seed = 0; seed < 4000; seed++) counts[shuffled([0, 1, 2, 3], seed)[0] ?? 0]! += 1;
  for (const count of counts) assert.ok(count > 850 && count < 1150, String(counts));
});
