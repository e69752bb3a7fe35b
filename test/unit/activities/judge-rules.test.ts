import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeRecord, judgeRuns } from '../../../src/activities/grading/rules.ts';
import type { TestOutcome } from '../../../src/domain/reward.ts';
import { instance } from '../../support/instance.ts';
import { testRun } from '../../support/test-run.ts';

const F = 'tests/test_it.py::test_it';
const P = 'tests/test_it.py::test_other';
const S = 'tests/test_it.py::test_skipped';
const subject = instance({ failToPass: [F], passToPass: [P, S] });
const run = (f: TestOutcome, p: TestOutcome, s: TestOutcome = 'skipped') =>
  testRun({ outcomes: { [F]: f, [P]: p, [S]: s } });
const sound = run('passed', 'passed');
const buggy = run('failed', 'passed');

describe("the quality filter's rules", () => {
  it('accepts what breaks and mends as it should, skipped tests left aside', () => {
    const judgement = judgeRuns(subject, { sound: [sound, sound], buggy: [buggy, buggy, buggy] });
    assert.deepEqual(judgement, {
      verdict: 'accept',
      reason: null,
      detail: '',
      skippedInBaseline: [S],
      runs: 3,
      flakeScore: 0,
    });
  });

  for (const [reason, runs] of [
    ['f2p_fails_before', { sound: [run('failed', 'passed')], buggy: [buggy] }],
    ['f2p_fails_before', { sound: [run('skipped', 'passed')], buggy: [buggy] }],
    ['f2p_fails_before', { sound: [run('missing', 'passed')], buggy: [buggy] }],
    ['f2p_passes_after', { sound: [sound], buggy: [sound] }],
    ['p2p_breaks_after', { sound: [sound], buggy: [run('failed', 'failed')] }],
    ['p2p_breaks_after', { sound: [sound], buggy: [run('failed', 'missing')] }],
    ['p2p_breaks_after', { sound: [sound], buggy: [run('failed', 'passed', 'failed')] }],
    ['p2p_fails_before', { sound: [run('passed', 'failed')], buggy: [buggy] }],
    ['flaky', { sound: [sound], buggy: [buggy, run('failed', 'failed')] }],
    ['flaky', { sound: [sound, run('passed', 'failed')], buggy: [buggy] }],
    ['flaky', { sound: [sound], buggy: [sound, buggy] }],
  ] as const) {
    it(`says ${reason} of ${JSON.stringify(runs.buggy.map(({ outcomes }) => Object.values(outcomes)))}`, () => {
      const judgement = judgeRuns(subject, runs);
      assert.deepEqual([judgement.verdict, judgement.reason], ['reject', reason]);
      assert.notEqual(judgement.detail, '');
    });
  }

  it('scores a flake by the share of runs that differ', () => {
    const differing = [buggy, buggy, buggy, run('passed', 'passed')];
    const judgement = judgeRuns(subject, { sound: [sound], buggy: differing });
    assert.equal(judgement.flakeScore, 0.25);
    assert.match(judgement.detail, /test_it came out otherwise in 1 of 4 runs$/);
  });

  it('judges by the record alone where that is enough', () => {
    assert.equal(judgeRecord(subject), null);
    assert.equal(judgeRecord({ ...subject, failToPass: [] })?.reason, 'empty_f2p');
    const script = { ...subject, runner: 'script', official: null } as const;
    assert.equal(judgeRecord(script)?.reason, 'unsupported_tests');
    const official = {
      harness: 'swebench',
      evalScript: '',
      logParser: 'parse_log_x',
      evalType: 'fail_only',
      record: {},
    } as const;
    assert.match(judgeRecord({ ...script, official })?.detail ?? '', /tells of failures alone/);
    assert.equal(judgeRecord({ ...script, official: { ...official, evalType: 'pass_and_fail' } }), null);
    const bugPatch =
      'diff --git a/tests/test_it.py b/tests/test_it.py\n--- a/tests/test_it.py\n+++ b/tests/test_it.py\n@@ -1 +1 @@\n-a\n+b\n';
    assert.equal(judgeRecord({ ...subject, bugPatch })?.reason, 'touches_tests');
  });
});
