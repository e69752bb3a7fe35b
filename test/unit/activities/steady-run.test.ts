import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { healthOf } from '../../../src/activities/grading/health.ts';
import { Memory, steadyRun } from '../../../src/activities/grading/steady-run.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { TestRun } from '../../../src/schemas/test-run.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { testRun } from '../../support/test-run.ts';

const MIB = 2 ** 20;
const outcomes = { a: 'passed', b: 'failed' } as const;
const cut = { timedOut: true, ended: false, durationMs: 120_000 };
const died = { ended: false, outcomes };
const full = { outOfMemory: true };

/** Runs that come out so, one after another: the steady one, the memory that each had, and what is remembered of it. */
async function steady(t: TestContext, ...runs: readonly Partial<TestRun>[]) {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const memory = new Memory({
    artifacts,
    instanceRef: 'i',
    environment: 'e',
    limits: { memoryBytes: 64 * MIB, pids: 1, cpus: 1, diskBytes: 1 },
    health: { resourceClass: 'standard' },
  });
  const left = [...runs];
  const had: number[] = [];
  const run = await steadyRun(memory, async ({ memoryBytes }) => {
    had.push(memoryBytes / MIB);
    return await Promise.resolve(testRun(left.shift()));
  });
  assert.equal(left.length, 0, 'each run was made');
  return { run, had, remembered: (await healthOf(artifacts, 'i', 'e')).resourceClass };
}

test('a run that came to its end is made once', async (t) => {
  const { run, had, remembered } = await steady(t, { outcomes });
  assert.deepEqual([run.outcomes, had, remembered], [outcomes, [64], 'standard']);
});

test('a runner that died has a second try, and what passed before it died again says nothing', async (t) => {
  assert.deepEqual((await steady(t, died, { outcomes })).run.outcomes, outcomes);
  const { run } = await steady(t, died, died);
  assert.deepEqual([run.ended, run.outcomes], [false, { a: 'missing', b: 'failed' }]);
});

test('tests that are cut at their time limit twice hang, whatever comes in between', async (t) => {
  assert.equal((await steady(t, cut, { outcomes })).run.timedOut, false);
  const hangs = { reason: 'hangs', message: 'its tests were still running after 120 s, twice' };
  await assert.rejects(steady(t, cut, cut), hangs);
  await assert.rejects(steady(t, cut, died, cut), hangs);
});

test('tests that run out of memory have more each time, which is remembered, up to a bound', async (t) => {
  const { had, remembered } = await steady(t, full, full, { outcomes });
  assert.deepEqual([had, remembered], [[64, 128, 256], 'huge']);
  await assert.rejects(steady(t, full, full, full), {
    reason: 'out_of_memory',
    message: 'its tests need more than 256 MiB of memory',
  });
});
