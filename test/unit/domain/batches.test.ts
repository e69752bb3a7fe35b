import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { batchRule, fullBatches, roundsOf } from '../../../src/domain/batches.ts';

const lessons = fc.array(fc.boolean(), { maxLength: 200 });
const rule = fc
  .record({ size: fc.integer({ min: 1, max: 8 }), oversample: fc.double({ min: 1, max: 8, noNaN: true }) })
  .map(({ size, oversample }) => batchRule(size, oversample));

const taughtBy = (groups: readonly boolean[]) => groups.filter(Boolean).length;

describe('batchRule', () => {
  it('lets a batch grow to the nearest number of groups, whatever floats make of the product', () => {
    assert.deepEqual(batchRule(4), { lessons: 4, most: 4 });
    assert.deepEqual(batchRule(3, 1.5), { lessons: 3, most: 5 });
    // 77.00000000000001, and 114.99999999999999.
    assert.equal(batchRule(70, 1.1).most, 77);
    assert.equal(batchRule(100, 1.15).most, 115);
  });
});

describe('fullBatches', () => {
  it('cuts every so many groups where a batch is not filled up', () => {
    fc.assert(
      fc.property(lessons, fc.integer({ min: 1, max: 8 }), (teaches, size) => {
        const full = Array.from({ length: Math.floor(teaches.length / size) }, () => size);
        assert.deepEqual(fullBatches(teaches, batchRule(size)), full);
      }),
    );
  });

  it('ends each batch with its last lesson, or with the most groups that it may have, and not before', () => {
    fc.assert(
      fc.property(lessons, rule, (teaches, { lessons: wanted, most }) => {
        let from = 0;
        for (const size of fullBatches(teaches, { lessons: wanted, most })) {
          const batch = teaches.slice(from, from + size);
          assert.ok(size <= most && (size === most || (batch.at(-1) && taughtBy(batch) === wanted)));
          assert.ok(taughtBy(batch.slice(0, -1)) < wanted);
          from += size;
        }
        const left = teaches.slice(from);
        assert.ok(left.length < most && taughtBy(left) < wanted);
      }),
    );
  });

  it('makes no fewer batches of more lessons', () => {
    fc.assert(
      fc.property(lessons, lessons, rule, (teaches, others, by) => {
        const more = teaches.map((hasLesson, i) => hasLesson || others[i] === true);
        assert.ok(fullBatches(more, by).length >= fullBatches(teaches, by).length);
      }),
    );
  });
});

describe('roundsOf', () => {
  it('fills up what is missing, round by round', () => {
    assert.equal(roundsOf([true, true], 2), 1);
    assert.equal(roundsOf([true, false, true], 2), 2);
    assert.equal(roundsOf([false, false, true, false, true], 2), 3);
    assert.equal(roundsOf([false, false, false], 2), 2);
    assert.equal(roundsOf([], 2), 0);
  });

  it('is no more than the groups, and one for a batch without a gap', () => {
    fc.assert(
      fc.property(lessons, fc.integer({ min: 1, max: 8 }), (teaches, size) => {
        const rounds = roundsOf(teaches, size);
        assert.ok(rounds <= teaches.length);
        if (teaches.slice(0, size).every(Boolean)) assert.ok(rounds <= 1);
      }),
    );
  });
});
