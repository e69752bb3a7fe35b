import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  allAgree,
  differenceOf,
  differingTests,
  disagreementRate,
  isInShare,
} from '../../../src/domain/verification.ts';
import { gradingOf } from '../../support/grading.ts';

it('names the tests that came out differently, those that one grading lacks among them', () => {
  const stored = { outcomes: { a: 'passed', b: 'failed' } } as const;
  const again = { outcomes: { a: 'passed', b: 'passed', c: 'passed' } } as const;
  assert.deepEqual(differingTests(stored, again), ['b', 'c']);
  assert.deepEqual(differingTests(stored, stored), []);
});

describe('differenceOf', () => {
  const stored = {
    ...gradingOf(1),
    outcomes: { 't::a': 'passed', 't::b': 'passed', 't::c': 'passed' },
  } as const;

  it('is nothing for the same reward, resolution and outcomes', () => {
    assert.equal(differenceOf(stored, { ...stored, reward: 1 + 1e-12 }), '');
  });

  it('names tests, and an environment that is another one', () => {
    const outcomes = { 't::a': 'failed', 't::b': 'missing' } as const;
    assert.equal(
      differenceOf(stored, { ...stored, reward: 0.2, outcomes, environment: 'other' }),
      'the environment is another one; t::a was passed, is failed; t::b was passed, is missing; 1 more tests differ',
    );
  });

  it('sees a reward that differs alone, and outcomes that differ alone', () => {
    assert.equal(differenceOf(stored, { ...stored, reward: 0.9 }), 'the same outcomes earn another reward');
    assert.notEqual(differenceOf(stored, { ...stored, resolved: false }), '');
    assert.notEqual(
      differenceOf(stored, { ...stored, outcomes: { ...stored.outcomes, 't::c': 'skipped' } }),
      '',
    );
  });

  it('stays short', () => {
    const outcomes = { [`t::${'x'.repeat(4000)}`]: 'failed' } as const;
    assert.ok(differenceOf(stored, { ...stored, outcomes }).length <= 200);
  });
});

const paths = Array.from({ length: 4000 }, (_, i) => `trajectories/g-${i}.json`);

function drawn(share: number, seed: number): string[] {
  return paths.filter((path) => isInShare(path, share, seed));
}

describe('the share that is verified', () => {
  it('is drawn by the seed, about as large as asked, and all of it at 1', () => {
    assert.equal(drawn(1, 3).length, 4000);
    assert.deepEqual(drawn(0.1, 3), drawn(0.1, 3));
    assert.notDeepEqual(drawn(0.1, 3), drawn(0.1, 4));
    assert.ok(Math.abs(drawn(0.1, 3).length - 400) < 80, String(drawn(0.1, 3).length));
  });

  it('only grows with the share', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b) => {
          const [small, large] = [Math.min(a, b), Math.max(a, b)];
          for (const path of paths.slice(0, 50))
            assert.ok(!isInShare(path, small, 1) || isInShare(path, large, 1));
        },
      ),
    );
  });
});

describe('what a verification comes to', () => {
  it('agrees only where nothing disagrees, is damaged or has failed', () => {
    assert.ok(allAgree({ agrees: 3, unscored: 1 }));
    for (const outcome of ['disagrees', 'damaged', 'failed'])
      assert.ok(!allAgree({ agrees: 3, [outcome]: 1 }));
  });

  it('has a rate over those that were compared', () => {
    assert.equal(disagreementRate({ agrees: 3, disagrees: 1, failed: 4 }), 0.25);
    assert.equal(disagreementRate({ damaged: 2 }), null);
  });
});
