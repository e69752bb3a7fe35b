import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { OfficialHarness, TestRunner } from '../../../src/domain/instance.ts';
import type { Official } from '../../../src/ports/official.ts';
import type { CommandResult, SandboxCommand } from '../../../src/ports/sandbox.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { instance } from '../../support/instance.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const PATCH = 'diff --git a/it.py b/it.py\n--- a/it.py\n+++ b/it.py\n@@ -1 +1 @@\n-bug\n+fix\n';
const HARNESS: OfficialHarness = {
  harness: 'swebench',
  evalScript: 'true',
  logParser: 'parse_log_pytest',
  evalType: 'pass_and_fail',
  record: {},
};
const SCRIPT = {
  script: 'true',
  timeoutMs: 1000,
  applyCommands: ['true'],
  cleanCommand: null,
  appliedCheck: null,
  restored: [],
  patchFile: '/tmp/patch.diff',
};

function subjectOf(runner: TestRunner) {
  const subject = instance({ source: { kind: 'image', image: 'it' }, runner, official: HARNESS });
  return { subject, ids: [...subject.failToPass, ...subject.passToPass] };
}

/** A request to grade a fix to an instance with an official harness. */
async function requestFor(t: TestContext, runner: TestRunner, official: Official) {
  const { subject, ids } = subjectOf(runner);
  const fake = fakeSandbox((command) => answer(command, ids));
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  return {
    sandbox: fake,
    artifacts,
    official,
    datasets: {
      load: async () => ({ instances: [], droppedWithoutTests: 0, records: 0, revision: null }),
      prepareRequirements: async () => null,
      prepareTree: async () => null,
    },
    limits: { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 },
    run: 'r',
    signal: t.signal,
    instance: subject,
    instanceRef: await artifacts.putJson(subject),
    patch: PATCH,
    rewardPower: 1,
    verifyShare: 0,
  };
}

/** A grading of that fix, and how often the harness was asked. */
async function graded(t: TestContext, runner: TestRunner, resolved: boolean) {
  const { ids } = subjectOf(runner);
  let asked = 0;
  const official: Official = {
    close: async () => undefined,
    script: async () => SCRIPT,
    read: async () => {
      asked += 1;
      const outcomes = Object.fromEntries(ids.map((id) => [id, 'passed'] as const));
      return { outcomes, ended: true, imitations: [], verdict: { resolved, report: { resolved } } };
    },
  };
  const request = await requestFor(t, runner, official);
  const grading = await gradePatch({ ...request, name: 'n' });
  const before = asked;
  const again = await gradePatch({ ...request, name: 'again' });
  assert.deepEqual(again.official, grading.official);
  assert.equal(asked, before, 'a verdict on an equal patch is kept');
  return { ...grading, asked };
}

/** All tests pass in the tree as it is found; in a control run they fail. */
function answer(command: SandboxCommand, ids: readonly string[]): Partial<CommandResult> {
  if (command.script.includes('Steadfast begins')) return { output: '>>>>> Steadfast begins the script\n' };
  if (command.reportBytes === undefined) return {};
  const { control } = JSON.parse(command.stdin ?? '') as { control: boolean };
  const tests = ids.map((id) => ({ test: id, outcome: control ? 'failed' : 'passed' }));
  const status = control ? 1 : 0;
  const lines = [{ start: 2 }, ...tests, { end: status, tests: tests.length }];
  return {
    exitCode: status,
    report: lines.map((line) => `${JSON.stringify({ word: 'w', ...line })}\n`).join(''),
  };
}

test('where the official script runs the tests, its verdict comes of the same run', async (t) => {
  const { reward, resolved, official, metrics, asked } = await graded(t, 'script', true);
  assert.deepEqual([reward, resolved, official], [1, true, { resolved: true, report: { resolved: true } }]);
  assert.equal(metrics.controlled, 0, 'a log cannot be controlled');
  assert.equal(asked, 2, 'with the patch, and without');
});

test('beside a runner of ours the official one is asked in a sandbox of its own', async (t) => {
  const { official, findings, metrics, asked } = await graded(t, 'pytest', true);
  assert.equal(official?.resolved, true);
  assert.deepEqual([findings, metrics.controlled, asked], [[], 1, 1]);
});

test('a verdict that differs is said, and ours counts', async (t) => {
  const { reward, resolved, official, findings } = await graded(t, 'pytest', false);
  assert.deepEqual([reward, resolved, official?.resolved], [1, true, false]);
  assert.deepEqual(
    findings?.map(({ kind, detail }) => `${kind}: ${detail}`),
    ['official_disagrees: the official harness says not resolved, our rules say resolved'],
  );
});

/** A grading by packages that fail in one way. */
async function gradedWithout(t: TestContext, runner: TestRunner, error: SteadfastError) {
  const fail = async (): Promise<never> => {
    throw error;
  };
  const official = { close: async () => undefined, script: fail, read: fail };
  const request = await requestFor(t, runner, official);
  return await activityEnvironment().run(gradePatch, { ...request, name: 'n' });
}

test('a record that the packages do not know is graded by our own reporter, without their verdict', async (t) => {
  const unknown = new SteadfastError('Instance.Invalid', 'SWE-smith has no profile of it');
  const { reward, resolved, official, findings } = await gradedWithout(t, 'pytest', unknown);
  assert.deepEqual([reward, resolved, official, findings], [1, true, null, []]);
  await assert.rejects(gradedWithout(t, 'script', unknown), unknown, 'its log is read by them alone');
  const died = new SteadfastError('Grade.Failed', 'the grader process ended');
  await assert.rejects(gradedWithout(t, 'pytest', died), died);
});
