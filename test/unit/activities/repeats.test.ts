import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Repeats } from '../../../src/activities/grading/repeats.ts';
import type { TestOutcome } from '../../../src/domain/reward.ts';
import { testRun } from '../../support/test-run.ts';

/** Repeats that come out as planned, and the last plan ever after; `spoiled` are the durations of those set aside. */
function planned(...plans: readonly (readonly [TestOutcome, durationMs: number])[]) {
  let made = 0;
  const spoiled: number[] = [];
  const repeats = new Repeats(
    async () => {
      const [outcome, durationMs] = plans[Math.min(made++, plans.length - 1)] ?? ['passed', 100];
      return await Promise.resolve(testRun({ outcomes: { t: outcome }, durationMs }));
    },
    async ({ durationMs }) => await Promise.resolve(void spoiled.push(durationMs)),
  );
  return { repeats, spoiled, made: () => made };
}

describe('repeats of a run of tests', () => {
  it('are made as they are asked for, and end at the first that differs', async () => {
    const { repeats, made } = planned(['passed', 100], ['passed', 100], ['failed', 100]);
    await repeats.first();
    await repeats.first();
    assert.equal(made(), 1);
    assert.equal((await repeats.atLeast(2)).length, 2);
    assert.equal((await repeats.atLeast(8)).length, 3);
    assert.equal((await repeats.atLeast(8)).length, 3);
    assert.equal(made(), 3);
  });

  it('set aside those that a slow host spoiled, and make others in their place', async () => {
    const { repeats, spoiled } = planned(['passed', 100], ['failed', 900], ['passed', 110]);
    const runs = await repeats.atLeast(8);
    assert.deepEqual([runs.length, new Set(runs.map(({ outcomes }) => outcomes['t'])).size], [8, 1]);
    assert.deepEqual(spoiled, [900]);
  });

  it('hold it against the tests when it goes on', async () => {
    const slow = Array.from({ length: 6 }, (_, i) => ['failed', 900 + i] as const);
    const { repeats, spoiled } = planned(['passed', 100], ...slow);
    assert.equal((await repeats.atLeast(8)).length, 2);
    assert.equal(spoiled.length, 4);
  });
});
