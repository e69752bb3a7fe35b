import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreRun, scoreUntouched, worthless } from '../../../src/activities/grading/score.ts';
import { instance } from '../../support/instance.ts';
import { testRun } from '../../support/test-run.ts';

const subject = instance();
const outcomes = Object.fromEntries(
  [...subject.failToPass, ...subject.passToPass].map((id) => [id, 'passed'] as const),
);
const scoringOf = (one: typeof subject) => ({
  instance: one,
  power: 1,
  skippedInBaseline: new Set<string>(),
});

test('a run that did not come to its end is worth nothing, whatever passed in it', () => {
  assert.equal(scoreRun(scoringOf(subject), testRun({ outcomes })).reward, 1);
  assert.deepEqual(scoreRun(scoringOf(subject), testRun({ outcomes, ended: false })), worthless(subject));
});

test('a tree that nothing was done to has mended nothing, also where nothing is listed to mend', () => {
  for (const one of [subject, instance({ failToPass: [] })]) {
    const { reward, resolved, metrics } = scoreUntouched(scoringOf(one), testRun({ outcomes }));
    assert.deepEqual([reward, resolved, metrics.progress], [0.2, false, 0]);
  }
});

test('what is worth nothing has maintained nothing, also where nothing is listed to maintain', () => {
  for (const one of [subject, instance({ passToPass: [] })]) {
    const { reward, resolved, metrics } = worthless(one);
    assert.deepEqual([reward, resolved, metrics.resolved, metrics.progress], [0, false, 0, 0]);
    assert.deepEqual([metrics.maintenance, metrics.regression], [0, 1]);
  }
});
