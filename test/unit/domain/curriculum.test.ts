import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { chooseInstances, solveRateOf, type Attempt } from '../../../src/domain/curriculum.ts';

const RULE = { target: 0.5, maxRest: 8 };
const GROUP = 8;

/** What a group of eight comes to where so many resolve it; unless told, those that do not all earn the same. */
const attempt = (
  instanceId: string,
  epoch: number,
  resolved: number,
  change: Partial<Attempt> = {},
): Attempt => ({
  instanceId,
  epoch,
  scored: GROUP,
  resolved,
  whole: true,
  varied: resolved > 0 && resolved < GROUP,
  ...change,
});

const ids = (count: number) => Array.from({ length: count }, (_, i) => `i-${i + 1}`);
const resolvedCount = fc.integer({ min: 0, max: GROUP });

/** Epoch by epoch, what is chosen of so many instances whose groups come out as `outcome` says. */
const history = (
  count: number,
  epochs: number,
  outcome: (position: number, epoch: number) => number,
  of: { seed: number; atLeast: number; maxRest: number },
) => {
  const attempts: Attempt[] = [];
  return Array.from({ length: epochs }, (_, i) => {
    const epoch = i + 1;
    const choice = chooseInstances(
      ids(count),
      attempts,
      { epoch, seed: of.seed, atLeast: of.atLeast },
      { target: 0.5, maxRest: of.maxRest },
    );
    for (const position of choice.positions)
      attempts.push(attempt(`i-${position + 1}`, epoch, outcome(position, epoch)));
    return choice;
  });
};

/** Runs of any kind: how the groups come out, how many instances there are, and what the run asks for. */
const runs = fc.record({
  count: fc.integer({ min: 1, max: 12 }),
  outcomes: fc.array(fc.array(resolvedCount, { minLength: 12, maxLength: 12 }), {
    minLength: 12,
    maxLength: 12,
  }),
  seed: fc.integer({ min: 0, max: 1000 }),
  atLeast: fc.integer({ min: 1, max: 4 }),
  maxRest: fc.integer({ min: 1, max: 4 }),
});

/** What the second of two epochs takes of two instances where one's first group had no solution. */
const afterOne = (change: Partial<Attempt>) =>
  chooseInstances(ids(2), [attempt('i-1', 1, 0, change)], { epoch: 2, seed: 1, atLeast: 1 }, RULE);

describe('chooseInstances', () => {
  it('brings every instance back within a bound, chooses none twice, and leaves no epoch empty', () => {
    fc.assert(
      fc.property(runs, ({ count, outcomes, seed, atLeast, maxRest }) => {
        const outcome = (position: number, epoch: number) => outcomes[epoch - 1]?.[position] ?? 0;
        const epochs = history(count, 12, outcome, { seed, atLeast, maxRest });
        const last = Array.from({ length: count }, () => 0);
        for (const [i, { positions, restingSolved, restingUnsolved }] of epochs.entries()) {
          assert.equal(new Set(positions).size, positions.length);
          assert.ok(positions.length >= Math.min(atLeast, count));
          assert.equal(positions.length + restingSolved + restingUnsolved, count);
          for (const position of positions) last[position] = i + 1;
          for (const at of last) assert.ok(i + 1 - at <= maxRest, `${i + 1 - at} epochs without it`);
        }
      }),
    );
  });

  it('depends on list, seed, epoch and records alone, in whatever order those are read', () => {
    const several = fc.array(
      fc.record({ id: fc.integer({ min: 1, max: 6 }), epoch: fc.integer({ min: 1, max: 5 }), resolvedCount }),
    );
    fc.assert(
      fc.property(several, fc.integer(), (made, seed) => {
        const unique = new Map(made.map((one) => [`${one.id}/${one.epoch}`, one]));
        const attempts = [...unique.values()].map((one) =>
          attempt(`i-${one.id}`, one.epoch, one.resolvedCount),
        );
        const of = { epoch: 6, seed, atLeast: 1 };
        assert.deepEqual(
          chooseInstances(ids(6), attempts, of, RULE),
          chooseInstances(ids(6), attempts.toReversed(), of, RULE),
        );
      }),
    );
  });

  it('rests what is always or never solved for 1, 2, 4 and 8 epochs, and no longer', () => {
    for (const resolved of [0, GROUP]) {
      const outcome = (position: number) => (position === 0 ? resolved : 4);
      const epochs = history(2, 40, outcome, { seed: 1, atLeast: 1, maxRest: 8 });
      const tried = epochs.flatMap(({ positions }, i) => (positions.includes(0) ? [i + 1] : []));
      assert.deepEqual(tried, [1, 3, 6, 11, 20, 29, 38]);
      const [, second] = epochs;
      assert.deepEqual(
        [second?.restingSolved, second?.restingUnsolved, second?.solveRate],
        resolved === 0 ? [0, 1, 0.5] : [1, 0, 0.5],
      );
    }
  });

  it('begins with a short rest again after a group that taught something', () => {
    const epochs = history(2, 8, (position, epoch) => (position === 0 && epoch !== 3 ? GROUP : 4), {
      seed: 1,
      atLeast: 1,
      maxRest: 8,
    });
    const tried = epochs.flatMap(({ positions }, i) => (positions.includes(0) ? [i + 1] : []));
    assert.deepEqual(tried, [1, 3, 4, 6]);
  });

  it('does not rest what teaches by its progress, nor what a broken group came to', () => {
    assert.equal(afterOne({}).positions.length, 1);
    assert.equal(afterOne({ varied: true }).positions.length, 2);
    assert.equal(afterOne({ whole: false }).positions.length, 2);
    assert.equal(afterOne({ scored: 0 }).positions.length, 2);
  });

  it('wakes those that are first to come back where an epoch would be too small', () => {
    const attempts = [
      attempt('i-1', 1, 0),
      attempt('i-1', 3, 0),
      attempt('i-2', 3, 0),
      attempt('i-3', 3, GROUP),
    ];
    const { positions } = chooseInstances(ids(3), attempts, { epoch: 4, seed: 5, atLeast: 2 }, RULE);
    assert.deepEqual(new Set(positions), new Set([1, 2]));
  });

  it('takes those near the target first, more often than not', () => {
    fc.assert(
      fc.property(fc.constantFrom(0.25, 0.5, 0.75), (target) => {
        // 2, 4 and 6 of 8; the one of them that is at the target should come before the farthest.
        const attempts = [attempt('i-1', 1, 2), attempt('i-2', 1, 4), attempt('i-3', 1, 6)];
        const near = [0.25, 0.5, 0.75].indexOf(target);
        const far = near === 0 ? 2 : 0;
        let before = 0;
        for (let seed = 0; seed < 500; seed++) {
          const of = { epoch: 2, seed, atLeast: 1 };
          const { positions } = chooseInstances(ids(3), attempts, of, { target, maxRest: 8 });
          if (positions.indexOf(near) < positions.indexOf(far)) before++;
        }
        // Weights of 1 and of 1/3 or 1/2 are odds of 3 or 2 to 1.
        assert.ok(before > 300 && before < 420, `${before} of 500`);
      }),
    );
  });

  it('takes what was never tried before what is farthest from the target, and that late, not never', () => {
    const attempts = [attempt('i-1', 1, 0, { varied: true })];
    let last = 0;
    for (let seed = 0; seed < 500; seed++) {
      const of = { epoch: 2, seed, atLeast: 1 };
      const { positions } = chooseInstances(ids(2), attempts, of, RULE);
      if (positions[0] === 1) last++;
    }
    // Weights of 1 and of 0.05 are odds of 20 to 1.
    assert.ok(last > 450 && last < 500, `${last} of 500`);
  });
});

describe('solveRateOf', () => {
  it('halves the weight with each group that is older', () => {
    assert.equal(solveRateOf([]), null);
    assert.equal(solveRateOf([attempt('i', 2, GROUP), attempt('i', 1, 0)]), 2 / 3);
    assert.equal(solveRateOf([attempt('i', 2, 0), attempt('i', 1, GROUP)]), 1 / 3);
  });

  it('is within the rates of the groups', () => {
    fc.assert(
      fc.property(fc.array(resolvedCount, { minLength: 1 }), (counts) => {
        const rate =
          solveRateOf(counts.map((resolved, i) => attempt('i', counts.length - i, resolved))) ?? -1;
        const least = Math.min(...counts) / GROUP;
        const most = Math.max(...counts) / GROUP;
        assert.ok(rate >= least - 1e-9 && rate <= most + 1e-9);
      }),
    );
  });
});
