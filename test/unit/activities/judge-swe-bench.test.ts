import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { judge } from '../../../src/activities/grading/judge.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { instance } from '../../support/instance.ts';
import { NO_OFFICIAL } from '../../support/no-official.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const GOLD = 'diff --git a/it.py b/it.py\n--- a/it.py\n+++ b/it.py\n@@ -1 +1 @@\n-bug\n+fix\n';
const TESTS =
  'diff --git a/tests/test_it.py b/tests/test_it.py\n--- a/tests/test_it.py\n+++ b/tests/test_it.py\n@@ -1 +1 @@\n-a\n+b\n';
const subject = instance({
  format: 'swe-bench',
  source: { kind: 'image', image: 'swebench/it' },
  bugPatch: null,
  goldPatch: GOLD,
  testPatch: TESTS,
});

/** A sandbox in which the fix mends the test, and which remembers what was applied before the tests, by its name. */
function benchSandbox() {
  const applied = new Map<string, string[]>();
  const sandbox = fakeSandbox();
  const running: Sandbox = {
    ...sandbox,
    run: async (name, command) => {
      if (command.script.includes('git apply')) {
        applied.set(name, [...(applied.get(name) ?? []), command.stdin ?? '']);
      }
      const result = await sandbox.run(name, command);
      if (command.reportBytes === undefined) return result;
      const fixed = applied.get(name)?.includes(GOLD) === true;
      const { control } = JSON.parse(command.stdin ?? '') as { control: boolean };
      const kept = control ? 'failed' : 'passed';
      const lines = [
        { start: 2 },
        { test: 'tests/test_it.py::test_it', outcome: fixed ? kept : 'failed' },
        { test: 'tests/test_it.py::test_other', outcome: kept },
        { end: fixed && !control ? 0 : 1, tests: 2 },
      ];
      const report = lines.map((line) => `${JSON.stringify({ word: 'w', ...line })}\n`).join('');
      return { ...result, exitCode: fixed && !control ? 0 : 1, report };
    },
  };
  return { applied, sandbox: running };
}

test("SWE-bench's direction: tests fail as the image has it, and pass with the gold patch", async (t) => {
  const { applied, sandbox } = benchSandbox();
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const request = {
    sandbox,
    artifacts,
    official: NO_OFFICIAL,
    datasets: {
      load: async () => ({ instances: [], droppedWithoutTests: 0, records: 0, revision: null }),
      prepareRequirements: async () => null,
      prepareTree: async () => null,
    },
    limits: { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 },
    run: 'r',
    name: 'n',
    signal: t.signal,
    instance: subject,
    instanceRef: await artifacts.putJson(subject),
    rewardPower: 1,
    verifyShare: 0,
  };
  const judgement = await judge(request);
  assert.equal(judgement.verdict, 'accept', judgement.detail);
  assert.deepEqual(applied.get('n-sound')?.slice(0, 2), [TESTS, GOLD]);
  assert.deepEqual(new Set(applied.get('n-bug')), new Set([TESTS]));

  const graded = await gradePatch({ ...request, name: 'graded', patch: `${GOLD}${TESTS}` });
  assert.equal(graded.reward, 1);
  assert.deepEqual(applied.get('graded'), [TESTS, GOLD], "the agent's own change to the tests stays out");

  const useless = { ...subject, goldPatch: GOLD.replace('+fix', '+other') };
  const other = { ...request, instance: useless, instanceRef: await artifacts.putJson(useless), name: 'u' };
  assert.equal((await judge(other)).reason, 'f2p_fails_before');
});
