import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreReward, type TestOutcome, type TestOutcomes } from '../../../src/domain/reward.ts';
import { deriveSeed } from '../../../src/domain/seeds.ts';

const OUTCOMES: readonly TestOutcome[] = ['passed', 'failed', 'skipped', 'missing'];
const tests = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}::${i}`);
const all = (ids: readonly string[], outcome: TestOutcome): TestOutcomes =>
  Object.fromEntries(ids.map((id) => [id, outcome]));

const failToPass = tests('f', 3);
const passToPass = tests('p', 4);
const instance = { failToPass, passToPass };

test('a full fix is worth exactly 1 and doing nothing exactly 0.2, whatever the power', () => {
  for (const power of [0.5, 1, 1.33, 2]) {
    const fixed = { ...all(failToPass, 'passed'), ...all(passToPass, 'passed') };
    assert.equal(scoreReward(instance, fixed, power).reward, 1);
    const untouched = { ...all(failToPass, 'failed'), ...all(passToPass, 'passed') };
    assert.equal(scoreReward(instance, untouched, power).reward, 0.2);
    assert.equal(scoreReward(instance, {}, power).reward, 0);
  }
});

test('half a fix is worth its share to the power, and a broken test costs its share', () => {
  const [first = '', ...rest] = passToPass;
  const outcomes = {
    ...all(failToPass.slice(0, 2), 'passed'),
    ...all(rest, 'passed'),
    [first]: 'failed' as const,
  };
  const { reward, resolved, metrics } = scoreReward(instance, outcomes, 1.33);
  assert.ok(Math.abs(reward - (0.2 * 0.75 + 0.3 * (2 / 3) ** 1.33)) < 1e-12);
  assert.equal(resolved, false);
  assert.deepEqual(metrics, {
    progress: 2 / 3,
    maintenance: 0.75,
    regression: 0.25,
    resolved: 0,
    failToPassPassed: 2,
    failToPassFailed: 1,
    passToPassPassed: 3,
    passToPassFailed: 1,
  });
});

test('a missing or skipped FAIL_TO_PASS test is a failure', () => {
  for (const outcome of ['missing', 'skipped'] as const) {
    const outcomes = { ...all(failToPass, outcome), ...all(passToPass, 'passed') };
    assert.equal(scoreReward(instance, outcomes, 1, new Set(failToPass)).metrics.progress, 0);
  }
});

test('a skipped PASS_TO_PASS test is kept only when the baseline skips it too', () => {
  const outcomes = { ...all(failToPass, 'passed'), ...all(passToPass, 'skipped') };
  assert.equal(scoreReward(instance, outcomes, 1).metrics.maintenance, 0);
  assert.equal(scoreReward(instance, outcomes, 1, new Set(passToPass.slice(1))).metrics.maintenance, 0.75);
  const allSkip = scoreReward(instance, outcomes, 1, new Set(passToPass));
  assert.equal(allSkip.reward, 1);
  const gone = { ...outcomes, ...all(passToPass, 'missing') };
  assert.equal(scoreReward(instance, gone, 1, new Set(passToPass)).metrics.maintenance, 0);
});

test('without listed tests nothing is resolved, and without PASS_TO_PASS all is maintained', () => {
  assert.equal(scoreReward({ failToPass: [], passToPass: [] }, {}, 1).resolved, false);
  assert.equal(scoreReward({ failToPass, passToPass: [] }, all(failToPass, 'passed'), 1).reward, 1);
});

test('tests that are not listed change nothing', () => {
  const outcomes = { ...all(failToPass, 'failed'), ...all(passToPass, 'passed') };
  const more = { ...outcomes, 'x::1': 'failed' as const, 'x::2': 'passed' as const };
  assert.deepEqual(scoreReward(instance, more, 1), scoreReward(instance, outcomes, 1));
});

test('for any outcomes the reward lies in [0, 1], is 1 only when resolved, and mending a test never lowers it', () => {
  for (let seed = 0; seed < 500; seed++) {
    const draw = (what: string): TestOutcome => OUTCOMES[deriveSeed(seed, what) % 4] ?? 'missing';
    const outcomes = Object.fromEntries([...failToPass, ...passToPass].map((id) => [id, draw(id)]));
    const { reward, resolved, metrics } = scoreReward(instance, outcomes, 1.33);
    assert.ok(reward >= 0 && reward <= 1);
    assert.equal(reward === 1, resolved);
    assert.equal(metrics.failToPassPassed + metrics.failToPassFailed, failToPass.length);
    assert.equal(metrics.passToPassPassed + metrics.passToPassFailed, passToPass.length);
    for (const id of Object.keys(outcomes)) {
      const mended = scoreReward(instance, { ...outcomes, [id]: 'passed' }, 1.33);
      assert.ok(mended.reward >= reward);
    }
  }
});
