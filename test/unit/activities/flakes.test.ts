import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  aroundTheBug,
  drawsChance,
  runsNeeded,
  runsNeededWithLuck,
  withoutSlow,
  worstFlake,
} from '../../../src/activities/grading/flakes.ts';
import type { TestOutcome } from '../../../src/domain/reward.ts';
import { instance } from '../../support/instance.ts';
import { testRun } from '../../support/test-run.ts';

const run = (outcome: TestOutcome, durationMs = 100) => testRun({ outcomes: { t: outcome }, durationMs });
const adding = (line: string): string =>
  `diff --git a/it.py b/it.py\n--- a/it.py\n+++ b/it.py\n@@ -1 +1 @@\n-    return random.random()\n+${line}\n`;

describe('how often tests are run', () => {
  it('runs them until a coin would have shown itself', () => {
    assert.equal(runsNeeded(0.01), 8);
    assert.equal(runsNeeded(0.5), 2);
    assert.equal(runsNeeded(0.001), 11);
    assert.equal(runsNeededWithLuck(0.01), 44);
  });

  it('tells a bug that draws chance by the lines that it adds', () => {
    for (const line of [
      '    return None if __import__("random").random() < 0.5 else x',
      '    return uuid4().hex',
      '    started = time.time()',
      '    return datetime.now()',
      '    return sorted(items, key=lambda item: id(item))',
    ])
      assert.equal(drawsChance(adding(line)), true, line);
    for (const line of [
      '    return None',
      '    self.id(item)',
      '    time = self.timer()',
      '    randomised = 1',
    ])
      assert.equal(drawsChance(adding(line)), false, line);
  });

  it('runs the files of FAIL_TO_PASS alone around such a bug', () => {
    const around = aroundTheBug(instance({ failToPass: ['a.py::x'], passToPass: ['a.py::y', 'b.py::z'] }));
    assert.deepEqual(around.passToPass, ['a.py::y']);
  });
});

describe('what counts as a flake', () => {
  it('names the least steady test, and how far runs differ', () => {
    assert.equal(worstFlake([]), null);
    assert.equal(worstFlake([run('failed'), run('failed')]), null);
    const flake = worstFlake([run('failed'), run('failed'), run('failed'), run('passed')]);
    assert.deepEqual(flake, { test: 't', score: 0.25, tests: 1 });
  });

  it('names the least steady of several, and how many there are', () => {
    const pairs = [
      ['passed', 'passed'],
      ['passed', 'failed'],
      ['failed', 'failed'],
      ['passed', 'passed'],
    ] as const;
    const flake = worstFlake(pairs.map(([often, seldom]) => testRun({ outcomes: { often, seldom } })));
    assert.deepEqual(flake, { test: 'seldom', score: 0.5, tests: 2 });
  });

  it('takes a run that lacks a test for one that says nothing of it', () => {
    assert.equal(worstFlake([run('failed'), testRun({ outcomes: {} })]), null);
  });

  it('sets aside the one run that differs and took twice as long, and no other', () => {
    const [quick, slow] = [run('passed', 100), run('failed', 200)];
    assert.deepEqual(withoutSlow([quick, slow]), [quick]);
    const steady = [quick, run('passed', 900)];
    assert.deepEqual(withoutSlow(steady), steady);
    const genuine = [quick, run('failed', 199)];
    assert.deepEqual(withoutSlow(genuine), genuine);
    const twice = [quick, slow, run('failed', 300)];
    assert.deepEqual(withoutSlow(twice), twice);
  });
});
