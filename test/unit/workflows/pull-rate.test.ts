import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PullRate } from '../../../src/workflows/pull-rate.ts';

const HOUR = 3_600_000;

test('so many begin within any hour, carried over from one execution to the next', () => {
  let rate = new PullRate(3, []);
  const begun: number[] = [];
  for (let now = 1_000_000; now < 1_000_000 + 4 * HOUR; now += 60_000) {
    if (rate.waitMs(now) <= 0) {
      rate.begin(now);
      begun.push(now);
    }
    if (now % 7 === 0) rate = new PullRate(3, rate.carried(now));
  }
  assert.equal(begun.length, 12);
  for (const start of begun) {
    assert.ok(begun.filter((other) => other >= start && other < start + HOUR).length <= 3);
  }
});

test('the wait ends when the oldest of the last ones is an hour old', () => {
  const rate = new PullRate(2, [100, 200]);
  assert.equal(rate.waitMs(300_000), HOUR - 200_000);
  assert.equal(rate.waitMs(100_000 + HOUR), 0);
  assert.deepEqual(rate.carried(200_000 + HOUR), []);
});

test('a pull counts as no older than it is', () => {
  const rate = new PullRate(1, []);
  rate.begin(1_001);
  assert.ok(rate.waitMs(1_000 + HOUR) > 0);
  assert.equal(rate.waitMs(2_000 + HOUR), 0);
});

test('without a rate nothing waits', () => {
  const rate = new PullRate(null, []);
  for (let i = 0; i < 100; i++) rate.begin(i);
  assert.equal(rate.waitMs(0), 0);
  assert.deepEqual(rate.carried(0), []);
});
