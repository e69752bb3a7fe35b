import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { healthOf } from '../../../src/activities/grading/health.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { adding, example, examples, gradingWorld, reversed } from '../../support/grading-world.ts';

const XMLTODICT = 'e7hdrazw';
const TEXTFSM = 'pqbhagjq';

test('in every repository the fix is worth 1 and doing nothing exactly 0.2', async (t) => {
  const { request } = gradingWorld(t);
  const byRepo = new Map((await examples()).map((instance) => [instance.repo, instance]));
  assert.equal(byRepo.size, 6);
  for (const instance of byRepo.values()) {
    const fixed = await gradePatch(await request(instance, reversed(instance.bugPatch ?? '')));
    assert.equal(fixed.metrics.patchRejected, 0, fixed.log);
    assert.equal(fixed.reward, 1, fixed.log);
    assert.equal(fixed.resolved, true);
    const untouched = await gradePatch(await request(instance));
    assert.equal(untouched.reward, 0.2, untouched.log);
    assert.equal(untouched.metrics.maintenance, 1);
  }
});

test('a patch that breaks other tests is worth less than nothing done', async (t) => {
  const { request, append } = gradingWorld(t);
  const instance = await example(XMLTODICT);
  const half = await append(instance, 'xmltodict.py', 'unparse = None');
  const some = await gradePatch(await request(instance, half));
  assert.ok(some.reward > 0 && some.reward < 0.2, String(some.reward));
  const whole = await append(instance, 'xmltodict.py', 'raise SystemExit');
  const grading = await gradePatch(await request(instance, whole));
  assert.equal(grading.reward, 0);
  assert.ok(Object.values(grading.outcomes).every((outcome) => outcome !== 'passed'));
});

test('words in the output change nothing, not even those of a report', async (t) => {
  const { request, append } = gradingWorld(t);
  const instance = await example(XMLTODICT);
  const ids = JSON.stringify(instance.failToPass);
  const forged = [
    'import sys',
    `for id in ${ids}:`,
    '    print("PASSED", id); print(id, "PASSED"); print(__import__("json").dumps([id, "passed"]))',
    'print("===== 500 passed in 0.01s ====="); print("{\\"started\\": true}", file=sys.stderr)',
  ].join('\n');
  const patch = await append(instance, 'xmltodict.py', forged);
  const grading = await gradePatch(await request(instance, patch));
  assert.equal(grading.reward, 0.2, grading.log);
  assert.equal(grading.metrics.failToPassPassed, 0);
});

test("changes to tests and to the harness's files stay out of the grading", async (t) => {
  const { request, edit } = gradingWorld(t);
  const instance = await example(XMLTODICT);
  const file = instance.failToPass[0]?.split('::')[0] ?? '';
  const hook =
    'import pytest\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    out = yield\n    out.get_result().outcome = "passed"\n';
  const patch = [
    await edit(instance, file, 'import', 'import pytest; pytest.skip(allow_module_level=True)\nimport'),
    adding('conftest.py', hook),
    adding('tests/conftest.py', hook),
    adding('sitecustomize.py', 'raise SystemExit(0)\n'),
    adding('pytest.ini', '[pytest]\npython_files = none.py\n'),
  ].join('');
  const grading = await gradePatch(await request(instance, patch));
  assert.equal(grading.patch, '');
  assert.equal(grading.reward, 0.2);
});

test('modules that would shadow pytest or its own imports are not loaded in their place', async (t) => {
  const { request } = gradingWorld(t);
  const instance = await example(TEXTFSM);
  const evil = 'import os\nos._exit(0)\n';
  const patch = ['pytest.py', '_pytest/__init__.py', 'pluggy.py', 'json.py']
    .map((path) => adding(path, evil))
    .join('');
  assert.equal((await gradePatch(await request(instance, patch))).reward, 0.2);
});

test('code that kills pytest, however early, has missing tests and no error', async (t) => {
  const { request, append } = gradingWorld(t);
  const instance = await example(TEXTFSM);
  for (const end of ['import os; os._exit(0)', 'import os; os.kill(os.getpid(), 11)']) {
    const patch = await append(instance, 'textfsm/parser.py', end);
    const grading = await gradePatch(await request(instance, patch));
    assert.equal(grading.reward, 0);
    assert.ok(Object.values(grading.outcomes).every((outcome) => outcome === 'missing'));
  }
});

test('a hang is cut at the time limit, and what ended before it counts', async (t) => {
  const { request, edit } = gradingWorld(t);
  const instance = await example(XMLTODICT);
  const patch = await edit(
    instance,
    'xmltodict.py',
    'def unparse(',
    'def unparse(*a, **k):\n    while True: pass\n\n\ndef _unparse(',
  );
  const startedAt = Date.now();
  const grading = await gradePatch({ ...(await request(instance, patch)), timeLimitMs: 10_000 });
  assert.equal(grading.timedOut, true);
  assert.equal(grading.metrics.gradingTimedOut, 1);
  assert.ok(Date.now() - startedAt < 60_000);
  assert.ok(grading.reward <= 0.2);
  assert.ok(Object.values(grading.outcomes).includes('missing'));
});

test('a diff that does not apply is graded as if nothing was done, and says so', async (t) => {
  const { request } = gradingWorld(t);
  const instance = await example(TEXTFSM);
  const patch =
    'diff --git a/nowhere.py b/nowhere.py\n--- a/nowhere.py\n+++ b/nowhere.py\n@@ -1 +1 @@\n-a\n+b\n';
  const grading = await gradePatch(await request(instance, patch));
  assert.equal(grading.reward, 0.2);
  assert.equal(grading.metrics.patchRejected, 1);
  assert.match(grading.log, /nowhere\.py/);
});

test('equal patches are run once, a share of them again, and a contradiction is said, noted and forgotten', async (t) => {
  const { request, sandbox, artifacts } = gradingWorld(t);
  const instance = await example(TEXTFSM);
  const once = await gradePatch(await request(instance));
  assert.deepEqual([once.metrics.gradingCached, once.metrics.verified], [0, 0]);
  const again = await gradePatch(await request(instance));
  assert.deepEqual([again.metrics.gradingCached, again.reward], [1, 0.2]);
  const verified = await gradePatch({ ...(await request(instance)), verifyShare: 1 });
  assert.deepEqual([verified.metrics.verified, verified.metrics.gradingFlaky, verified.reward], [1, 0, 0.2]);
  // A kept run that says otherwise, as a flaky test would have left it.
  const lying = {
    ...artifacts,
    getCached: async (kind: string, key: string) => {
      const kept = await artifacts.getCached(kind, key);
      return kind.startsWith('test-run')
        ? (JSON.parse(JSON.stringify(kept).replaceAll('"passed"', '"failed"')) as unknown)
        : kept;
    },
  };
  const asked = await request(instance);
  const contradicted = await gradePatch({ ...asked, artifacts: lying, verifyShare: 1 });
  assert.equal(contradicted.metrics.gradingFlaky, 1);
  assert.equal(contradicted.reward, 0, 'the lower one counts');
  assert.deepEqual(
    contradicted.findings?.map(({ kind }) => kind),
    ['grading_disagrees'],
  );
  const health = await healthOf(artifacts, asked.instanceRef, await sandbox.environment(instance));
  assert.equal(health.quarantined, true);
  const after = await gradePatch(await request(instance));
  assert.deepEqual([after.metrics.gradingCached, after.reward], [0, 0.2]);
});

test('the share of gradings that are verified follows from their names', async (t) => {
  const { request } = gradingWorld(t);
  const instance = await example(TEXTFSM);
  const share = { ...(await request(instance)), verifyShare: 0.1 };
  const verified: (number | undefined)[] = [];
  for (let i = 0; i < 40; i++)
    verified.push((await gradePatch({ ...share, name: `share/${i}` })).metrics.verified);
  const count = verified.filter((one) => one === 1).length;
  assert.ok(count > 0 && count < 13, `${count} of 40`);
});

test('a sandbox whose pytest cannot start is an error and never a reward', async (t) => {
  const { request, sandbox } = gradingWorld(t);
  const instance = await example(TEXTFSM);
  const broken: Sandbox = {
    ...sandbox,
    run: async (name, command, signal) =>
      await sandbox.run(
        name,
        { ...command, script: command.script.replace('/opt/steadfast/env/bin/python', '/usr/bin/python3') },
        signal,
      ),
  };
  await assert.rejects(
    async () => await gradePatch({ ...(await request(instance)), sandbox: broken }),
    (error: unknown) =>
      error instanceof SteadfastError &&
      error.type === 'Grade.Failed' &&
      /The test runner did not start/.test(error.message),
  );
  assert.deepEqual(await sandbox.list(), [], 'and its sandbox is closed');
});
