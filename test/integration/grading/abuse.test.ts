import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { runTests } from '../../../src/activities/grading/run-tests.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { example, gradingWorld, reversed } from '../../support/grading-world.ts';

const TEXTFSM = 'pqbhagjq';
const MODULE = 'textfsm/texttable.py';

/** What the agent's code does as tests import it, and by which name it is known. */
const ABUSES = [
  ['time', 'while True: pass', 30_000],
  ['memory', 'hog = [bytearray(1 << 20) for _ in range(1 << 14)]', 120_000],
  ['disk', 'f = open("/tmp/full", "wb")\nwhile True: f.write(bytes(1 << 20))', 120_000],
  [
    'processes',
    'import os, time\ndef bomb():\n    for _ in range(10000):\n        if os.fork() == 0: time.sleep(600); os._exit(0)\nbomb()',
    120_000,
  ],
] as const;

for (const [abuse, code, timeLimitMs] of ABUSES) {
  test(`a patch whose tests run out of ${abuse}, twice, is worth 0 by that name`, async (t) => {
    const { request, append, sandbox } = gradingWorld(t);
    const instance = await example(TEXTFSM);
    const patch = await append(instance, MODULE, code);
    const asked = await request(instance);
    const limits = { ...asked.limits, memoryBytes: 2 ** 27, pids: 48, diskBytes: 2 ** 26 };
    const grading = await gradePatch({ ...asked, patch, limits, timeLimitMs });
    assert.equal(grading.abuse, abuse, grading.log);
    assert.deepEqual([grading.reward, grading.resolved], [0, false]);
    assert.ok(
      grading.findings?.some(({ kind, detail }) => kind === 'resources_abused' && detail.includes(abuse)),
    );
    assert.equal(grading.metrics.gradingTimedOut, abuse === 'time' ? 1 : 0);
    assert.equal(grading.metrics.gradingOutOfMemory, abuse === 'memory' ? 1 : 0);
    assert.deepEqual(await sandbox.list(), []);
  });
}

/** An adapter under which the first run of tests in `which` fails as a host may make it fail. */
function onceHit(sandbox: Sandbox, before: string): { sandbox: Sandbox; runs: () => number } {
  let runs = 0;
  const run: Sandbox['run'] = async (name, command, signal) => {
    if (command.reportBytes === undefined) return await sandbox.run(name, command, signal);
    const script = runs++ === 0 ? `${before}\n${command.script}` : command.script;
    return await sandbox.run(name, { ...command, script }, signal);
  };
  return { sandbox: { ...sandbox, run }, runs: () => runs };
}

const HOST_FAULTS = {
  'a kill of all its processes': '(sleep 0.2; while :; do kill -KILL -1; sleep 0.2; done) &',
  'a full disk': 'head -c 1G /dev/zero >/tmp/full 2>/dev/null',
};
for (const [fault, before] of Object.entries(HOST_FAULTS)) {
  test(`${fault} is seen through: the clean run counts`, async (t) => {
    const { request, sandbox } = gradingWorld(t);
    const instance = await example(TEXTFSM);
    const hit = onceHit(sandbox, before);
    const asked = await request(instance, reversed(instance.bugPatch ?? ''));
    const grading = await gradePatch({ ...asked, sandbox: hit.sandbox }).catch((error: unknown) => error);
    // A kill before the test runner began is the one that no run of tests came of.
    if (grading instanceof Error) return assert.match(grading.message, /The test runner did not start/);
    const { reward, abuse, findings, log } = grading as Awaited<ReturnType<typeof gradePatch>>;
    assert.deepEqual([reward, abuse, findings], [1, null, []], log);
  });
}

test('a run of tests that ends itself early is made again and then counts for nothing', async (t) => {
  const { request, append, sandbox } = gradingWorld(t);
  const instance = await example(TEXTFSM);
  const end =
    'import os, threading\nthreading.Timer(0.5, os._exit, (0,)).start()\nimport time\ntime.sleep(1)';
  const hit = onceHit(sandbox, ':');
  const asked = await request(instance, await append(instance, MODULE, end));
  const grading = await gradePatch({ ...asked, sandbox: hit.sandbox });
  assert.deepEqual([grading.reward, grading.abuse, hit.runs()], [0, null, 3]);
});

test('a control run makes every listed test fail, whatever kind it is', async (t) => {
  const { request } = gradingWorld(t);
  const instance = await example(TEXTFSM);
  const control = await runTests({ ...(await request(instance)), control: true }, instance, 'pristine', '');
  assert.equal(control.ended, true, control.log);
  assert.deepEqual(new Set(Object.values(control.outcomes)), new Set(['failed']));
});
