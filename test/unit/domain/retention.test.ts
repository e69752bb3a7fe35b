import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, array, integer, option, property, record } from 'fast-check';
import { expendable } from '../../../src/domain/retention.ts';

const STEPS = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const rewards = (...values: number[]) => new Map(values.map((reward, i) => [i + 1, reward]));

test('the newest stay, and those that other rules name', () => {
  const none = rewards();
  assert.deepEqual(expendable(STEPS, none, { newest: null, every: null, best: 0 }), []);
  assert.deepEqual(expendable(STEPS, none, { newest: 3, every: null, best: 0 }), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(expendable(STEPS, none, { newest: 1, every: 4, best: 0 }), [1, 2, 3, 5, 6, 7]);
});

test('the best is the policy whose rollouts earned most, which the step after it says', () => {
  const earned = rewards(0.1, 0.2, 0.9, 0.3, 0.9, 0.2, 0.1, 0.4);
  // Step 3 was made of what policy 2 earned, step 5 of what policy 4 did: of equals the newer.
  assert.deepEqual(expendable(STEPS, earned, { newest: 1, every: null, best: 1 }), [0, 1, 2, 3, 5, 6, 7]);
  assert.deepEqual(expendable(STEPS, earned, { newest: 1, every: null, best: 2 }), [0, 1, 3, 5, 6, 7]);
});

test('the last is never expendable, and what stays stays when asked again', () => {
  const keep = record({
    newest: integer({ min: 1, max: 5 }),
    every: option(integer({ min: 1, max: 5 })),
    best: integer({ min: 0, max: 3 }),
  });
  check(
    property(array(integer({ min: 0, max: 40 }), { minLength: 1 }), keep, (found, rules) => {
      const published = [...new Set(found)];
      const earned = rewards(...published.map((step) => (step * 7) % 5));
      const gone = expendable(published, earned, rules);
      const left = published.filter((step) => !gone.includes(step));
      assert.ok(left.includes(Math.max(...published)));
      assert.deepEqual(expendable(left, earned, rules), []);
    }),
  );
});
