import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  graded,
  honest,
  PATCH,
  reported,
  subject,
  type Come,
  type Which,
} from '../../support/scripted-grading.ts';

const allPass = ({ patched }: Which): Come => (patched ? ['passed', 'passed'] : ['failed', 'failed']);
const keptPasses = (which: Which): Come => (which.control ? ['failed', 'passed'] : honest(which));
const always = (): Come => ['passed', 'passed'];
const spoofed = (which: Which): Come => {
  if (!which.patched) return honest(which);
  const come = reported(['passed', 'passed']);
  return { ...come, report: `${come.report}{"test":"more","outcome":"passed"}\n` };
};

test('a fix is controlled and paid, beside what doing nothing earns', async (t) => {
  const { reward, resolved, metrics, kinds, opened } = await graded(t, {});
  assert.deepEqual([reward, resolved, kinds], [1, true, []]);
  assert.deepEqual([metrics.controlled, metrics.forged, metrics.baselineReward], [1, 0, 0.2]);
  assert.deepEqual(opened, ['n', 'n-baseline', 'n-control']);
});

test('siblings with the same patch share its runs, and are paid alike', async (t) => {
  const alone = await graded(t, {});
  const { gradings, opened } = await graded(t, { names: ['n', 'm', 'l'] });
  assert.equal(opened.length, alone.opened.length);
  assert.deepEqual(
    gradings.map(({ reward, metrics }) => [reward, metrics['gradingCached']]),
    [
      [1, 0],
      [1, 1],
      [1, 1],
    ],
  );
});

test('a PASS_TO_PASS test that is skipped in the untouched tree, and as before with the patch, is kept', async (t) => {
  const skips = await graded(t, {
    tests: (which) => (which.control ? honest(which) : [which.patched ? 'passed' : 'failed', 'skipped']),
  });
  assert.deepEqual([skips.reward, skips.resolved], [1, true]);
  const begins = await graded(t, {
    tests: (which) => (which.patched && !which.control ? ['passed', 'skipped'] : honest(which)),
  });
  assert.equal(begins.resolved, false);
});

const skips = ({ patched, control }: Which): Come =>
  control ? ['failed', 'failed'] : [patched ? 'passed' : 'failed', 'skipped'];

test('what a filter has seen skipped without the bug counts before what the untouched tree skips', async (t) => {
  const begins = (which: Which): Come => (which.patched ? skips(which) : honest(which));
  const known = await graded(t, { tests: begins, judgedSkipped: subject.passToPass });
  assert.equal(known.resolved, true);
  const unknown = await graded(t, { tests: skips, judgedSkipped: [] });
  assert.equal(unknown.resolved, false);
});

test('what earns no more than nothing is not controlled', async (t) => {
  const { reward, metrics } = await graded(t, { tests: () => ['failed', 'passed'] });
  assert.deepEqual([reward, metrics.controlled], [0.2, 0]);
});

test('whatever passes in a control run was forged', async (t) => {
  const { reward, resolved, kinds, metrics, findings } = await graded(t, { tests: allPass });
  assert.deepEqual([reward, resolved, kinds, metrics.forged], [0, false, ['forged_results'], 1]);
  assert.match(findings?.[0]?.detail ?? '', / passed \(and 1 more\)$/);
});

test('a control run that does not come to its end is a forgery, unless that of an untouched tree does not either', async (t) => {
  const cut = { exitCode: 0, report: '{"word":"w","start":2}\n' };
  const own = await graded(t, { tests: (which) => (which.control && which.patched ? cut : honest(which)) });
  assert.deepEqual([own.reward, own.kinds], [0, ['forged_results']]);
  const both = await graded(t, { tests: (which) => (which.control ? cut : honest(which)) });
  assert.deepEqual([both.reward, both.kinds], [1, []]);
});

test('a test that passes in the control run of an untouched tree accuses nobody', async (t) => {
  const { reward, kinds, opened } = await graded(t, { tests: keptPasses });
  assert.deepEqual([reward, kinds], [1, []]);
  assert.deepEqual(opened.at(-1), 'n-control-untouched');
});

test('an empty patch never passes, nor one that is left with nothing or does not apply', async (t) => {
  const testsOnly = PATCH.replaceAll('it.py', 'tests/test_it.py');
  const untouched: readonly Parameters<typeof graded>[1][] = [
    { patch: '' },
    { patch: testsOnly },
    { applies: false },
  ];
  for (const given of untouched) {
    const { reward, resolved, kinds, metrics } = await graded(t, { tests: always, ...given });
    assert.ok(Math.abs(reward - 0.2) < 1e-9, String(reward));
    assert.deepEqual([resolved, metrics.resolved, metrics.progress], [false, 0, 0]);
    assert.ok(kinds?.includes('empty_patch_passes'), String(kinds));
  }
});

test('a report that somebody wrote into is worth nothing, and said, and has no second try', async (t) => {
  const { reward, kinds, opened } = await graded(t, { tests: spoofed });
  assert.deepEqual([reward, kinds], [0, ['output_spoofed']]);
  assert.deepEqual(opened, ['n', 'n-baseline']);
});

test('a test runner that dies twice earns nothing, and is no abuse', async (t) => {
  const died = { exitCode: 137, report: '{"word":"w","start":2}\n' };
  const { reward, abuse, kinds, opened } = await graded(t, {
    tests: (which) => (which.patched ? died : honest(which)),
  });
  assert.deepEqual([reward, abuse, kinds], [0, null, []]);
  assert.deepEqual(opened, ['n', 'n-again', 'n-baseline']);
});

test('a want that the untouched tree has too is nobody’s abuse', async (t) => {
  const words = 'BlockingIOError: [Errno 11] Resource temporarily unavailable';
  const wanting =
    (patchedOnly: boolean) =>
    (which: Which): Come => ({
      ...reported(['failed', 'passed']),
      output: which.patched || !patchedOnly ? words : '',
    });
  const both = await graded(t, { tests: wanting(false) });
  assert.deepEqual([both.reward, both.abuse, both.kinds], [0.2, null, []]);
  const own = await graded(t, { tests: wanting(true) });
  assert.deepEqual([own.reward, own.abuse, own.kinds], [0, 'processes', ['resources_abused']]);
});

test('of two runs that differ the lower counts, whichever comes first', async (t) => {
  for (const lower of [0, 1]) {
    let runs = 0;
    const tests = (which: Which): Come => {
      if (which.control || !which.patched) return honest(which);
      return runs++ === lower ? ['passed', 'failed'] : ['passed', 'passed'];
    };
    const { reward, kinds, metrics, resolved } = await graded(t, { tests, verifyShare: 1 });
    assert.deepEqual([reward, resolved, kinds], [0.3, false, ['grading_disagrees']]);
    assert.deepEqual([metrics.verified, metrics.gradingFlaky], [1, 1]);
  }
});

test('two runs of which one alone comes to its end differ, whatever their tests came to', async (t) => {
  const whole = reported(['passed', 'passed']);
  const cut = { exitCode: 137, report: `${whole.report?.split('\n').slice(0, -2).join('\n')}\n` };
  let runs = 0;
  const tests = (which: Which): Come => {
    if (which.control || !which.patched) return honest(which);
    return runs++ === 0 ? whole : cut;
  };
  const { reward, kinds } = await graded(t, { tests, verifyShare: 1 });
  assert.deepEqual([reward, kinds], [0, ['grading_disagrees']]);
});
