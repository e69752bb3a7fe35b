import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as check, constant, integer, property, tuple } from 'fast-check';
import { compare, estimateOf, passAllK, passAtK, type Tally } from '../../../src/domain/estimates.ts';

const near = (a: number, b: number, within = 1e-12): void =>
  assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);
const tally = (instanceId: string, rollouts: number, resolved: number): Tally => ({
  instanceId,
  rollouts,
  resolved,
  rewardSum: resolved,
});
/** n, c <= n and k <= n. */
const counts = integer({ min: 1, max: 40 }).chain((n) =>
  tuple(constant(n), integer({ min: 0, max: n }), integer({ min: 1, max: n })),
);

describe('pass@k and pass^k', () => {
  it('are the shares of all ways to draw k of n rollouts', () => {
    near(passAtK(4, 1, 1), 0.25);
    near(passAtK(4, 1, 2), 0.5);
    near(passAtK(4, 1, 4), 1);
    near(passAtK(5, 2, 3), 1 - 1 / 10);
    near(passAllK(5, 3, 2), 3 / 10);
    near(passAllK(5, 1, 2), 0);
  });

  it('lie between 0 and 1, are the share itself at k = 1, and part as k grows', () => {
    check(
      property(counts, ([n, c, k]) => {
        near(passAtK(n, c, 1), c / n);
        near(passAllK(n, c, 1), c / n);
        const [at, all] = [passAtK(n, c, k), passAllK(n, c, k)];
        assert.ok(all >= 0 && all <= c / n + 1e-12 && at >= c / n - 1e-12 && at <= 1, `${all} ${at}`);
        near(passAtK(n, c, n), c > 0 ? 1 : 0);
      }),
    );
  });
});

describe('an estimate', () => {
  it('is the mean, within an interval that holds it and narrows with more instances', () => {
    const values = [0, 0.25, 0.5, 1, 1, 0];
    const few = estimateOf(values, 7);
    const many = estimateOf(Array.from({ length: 16 }, () => values).flat(), 7);
    assert.ok(few !== null && many !== null);
    near(few.value, 2.75 / 6);
    near(many.value, few.value);
    assert.ok(few.low < few.value && few.value < few.high);
    near((few.high - few.low) / (many.high - many.low), 4, 0.4);
    assert.deepEqual(estimateOf(values, 7), few);
  });

  it('claims no certainty where all instances agree', () => {
    const none = estimateOf([0, 0, 0, 0, 0], 1);
    near(none?.high ?? 0, 1 - 0.025 ** (1 / 5));
    const all = estimateOf([1, 1, 1], 1);
    near(all?.low ?? 0, 0.025 ** (1 / 3));
    assert.deepEqual([none?.low, all?.high], [0, 1]);
  });

  it('is none of no instance', () => assert.equal(estimateOf([], 1), null));
});

describe('a comparison', () => {
  it('counts only the instances that both were scored on', () => {
    const a = [tally('i-1', 4, 0), tally('i-2', 4, 2), tally('i-3', 0, 0), tally('i-4', 2, 2)];
    const b = [tally('i-1', 2, 2), tally('i-2', 4, 2), tally('i-3', 4, 4), tally('i-5', 1, 1)];
    const compared = compare(a, b, 1);
    assert.deepEqual([compared?.better, compared?.worse, compared?.difference.instances], [1, 0, 2]);
    near(compared?.difference.value ?? 0, 0.5);
    assert.equal(compare(a, [tally('i-9', 1, 1)], 1), null);
  });

  it('has the p-value of every way to flip signs, 1 for equal policies', () => {
    const before = ['a', 'b', 'c', 'd', 'e'].map((id) => tally(id, 1, 0));
    const after = ['a', 'b', 'c', 'd', 'e'].map((id) => tally(id, 1, 1));
    near(compare(before, after, 1)?.pValue ?? 0, 2 / 32);
    near(compare(after, before, 1)?.pValue ?? 0, 2 / 32);
    near(compare(before, before, 1)?.pValue ?? 0, 1);
  });

  it('is near the exact p-value where it draws flips', () => {
    // 40 instances better, 24 worse, by one rollout each: a sign test's binomial, 2 P(X >= 40 of 64).
    const ids = Array.from({ length: 64 }, (_, i) => `i-${i}`);
    const a = ids.map((id, i) => tally(id, 1, i < 40 ? 0 : 1));
    const b = ids.map((id, i) => tally(id, 1, i < 40 ? 1 : 0));
    near(compare(a, b, 3)?.pValue ?? 0, 0.0599, 0.004);
  });
});
