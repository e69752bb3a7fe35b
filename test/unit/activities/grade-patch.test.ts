import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gradePatch, gradingSandboxes } from '../../../src/activities/grading/grade-patch.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { TestOutcome } from '../../../src/domain/reward.ts';
import type { CommandResult, Sandbox } from '../../../src/ports/sandbox.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { instance } from '../../support/instance.ts';
import { NO_OFFICIAL } from '../../support/no-official.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const PATCH = 'diff --git a/it.py b/it.py\n--- a/it.py\n+++ b/it.py\n@@ -1 +1 @@\n-bug\n+fix\n';

/** Which run of tests it is. */
interface Which {
  readonly patched: boolean;
  readonly control: boolean;
}

/** What a run of tests comes to: an outcome for FAIL_TO_PASS and one for PASS_TO_PASS, or a result. */
type Come = readonly [TestOutcome, TestOutcome] | Partial<CommandResult>;

const subject: Instance = instance();

const honest = ({ patched, control }: Which): Come =>
  control ? ['failed', 'failed'] : [patched ? 'passed' : 'failed', 'passed'];

const allPass = ({ patched }: Which): Come => (patched ? ['passed', 'passed'] : ['failed', 'failed']);
const keptPasses = (which: Which): Come => (which.control ? ['failed', 'passed'] : honest(which));
const always = (): Come => ['passed', 'passed'];
const spoofed = (which: Which): Come => {
  if (!which.patched) return honest(which);
  const come = reported(['passed', 'passed']);
  return { ...come, report: `${come.report}{"test":"more","outcome":"passed"}\n` };
};

interface Options {
  readonly tests?: (which: Which) => Come;
  readonly patch?: string;
  readonly verifyShare?: number;
  /** The names of those whose patch is graded, at the same moment. */
  readonly names?: readonly string[];
}

async function graded(t: TestContext, options: Options) {
  const { tests = honest, patch = PATCH, verifyShare = 0, names = ['n'] } = options;
  const fake = fakeSandbox();
  const patched = new Set<string>();
  const opened: string[] = [];
  const sandbox: Sandbox = {
    ...fake,
    open: async (spec) => {
      opened.push(spec.name);
      await fake.open(spec);
    },
    run: async (name, command) => {
      const result = await fake.run(name, command);
      if (command.script.includes('git apply')) patched.add(name);
      if (command.reportBytes === undefined) return result;
      const { control } = JSON.parse(command.stdin ?? '') as { control: boolean };
      const come = tests({ patched: patched.has(name), control });
      return { ...result, ...('length' in come ? reported(come) : come) };
    },
  };
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const request = {
    sandbox,
    artifacts,
    official: NO_OFFICIAL,
    datasets: {
      load: async () => ({ instances: [], droppedWithoutTests: 0, records: 0, revision: null }),
      prepareRequirements: async () => null,
      prepareTree: async () => '/tree',
    },
    limits: { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 },
    run: 'r',
    signal: t.signal,
    instance: subject,
    instanceRef: await artifacts.putJson(subject),
    patch,
    rewardPower: 1,
    verifyShare,
  };
  const gradings = await Promise.all(names.map((name) => gradePatch({ ...request, name })));
  assert.equal(fake.opened.size, 0, 'each sandbox was closed');
  const closed = new Set(names.flatMap(gradingSandboxes));
  assert.deepEqual(
    opened.filter((name) => !closed.has(name)),
    [],
    'and is one that a later attempt would close',
  );
  const [grading] = gradings;
  assert.ok(grading);
  return { ...grading, kinds: grading.findings?.map(({ kind }) => kind), opened, gradings };
}

function reported([mended, kept]: readonly [TestOutcome, TestOutcome]): Partial<CommandResult> {
  const tests = [
    ...subject.failToPass.map((id) => ({ test: id, outcome: mended })),
    ...subject.passToPass.map((id) => ({ test: id, outcome: kept })),
  ];
  const status = mended === 'passed' && kept === 'passed' ? 0 : 1;
  const lines = [{ start: 2 }, ...tests, { end: status, tests: tests.length }];
  return {
    exitCode: status,
    report: lines.map((line) => `${JSON.stringify({ word: 'w', ...line })}\n`).join(''),
  };
}

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
  for (const patch of ['', testsOnly]) {
    const { reward, resolved, kinds, metrics } = await graded(t, { tests: always, patch });
    assert.ok(Math.abs(reward - 0.2) < 1e-9, String(reward));
    assert.deepEqual([resolved, metrics.resolved, metrics.progress], [false, 0, 0]);
    assert.ok(kinds?.includes('empty_patch_passes'), String(kinds));
  }
});

test('a report that somebody wrote into is worth nothing, and said', async (t) => {
  const { reward, kinds } = await graded(t, { tests: spoofed });
  assert.deepEqual([reward, kinds], [0, ['output_spoofed']]);
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

test('of two runs that differ the lower counts', async (t) => {
  let runs = 0;
  const tests = (which: Which): Come => {
    if (which.control || !which.patched) return honest(which);
    return runs++ === 0 ? ['passed', 'passed'] : ['passed', 'failed'];
  };
  const { reward, kinds, metrics, resolved } = await graded(t, { tests, verifyShare: 1 });
  assert.deepEqual([reward, resolved, kinds], [0.3, false, ['grading_disagrees']]);
  assert.deepEqual([metrics.verified, metrics.gradingFlaky], [1, 1]);
});
