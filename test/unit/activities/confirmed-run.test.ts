import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confirmedRun } from '../../../src/activities/grading/confirmed-run.ts';
import { NotStarted } from '../../../src/activities/grading/run-tests.ts';
import type { CommandResult } from '../../../src/ports/sandbox.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { instance } from '../../support/instance.ts';
import { NO_OFFICIAL } from '../../support/no-official.ts';

const subject = instance();
const IDS = [...subject.failToPass, ...subject.passToPass];
const PATCH = 'diff --git a/it.py b/it.py\n--- a/it.py\n+++ b/it.py\n@@ -1 +1 @@\n-bug\n+fix\n';

function ran(outcome: string): Partial<CommandResult> {
  const status = outcome === 'passed' ? 0 : 1;
  const lines = [
    { start: 2 },
    ...IDS.map((id) => ({ test: id, outcome })),
    { end: status, tests: IDS.length },
  ].map((line) => JSON.stringify({ word: 'w', ...line }));
  return { exitCode: status, report: `${lines.join('\n')}\n` };
}
const silent: Partial<CommandResult> = { exitCode: 1, report: '', output: 'no pytest' };
const killed: Partial<CommandResult> = { exitCode: 137, report: '{"word":"w","start":2}\n' };
const timedOut: Partial<CommandResult> = { ...killed, exitCode: null, timedOut: true };
/** Every test passed, and then the runner died. */
const unended: Partial<CommandResult> = {
  exitCode: 137,
  report: `${ran('passed').report?.split('\n').slice(0, -2).join('\n')}\n`,
};

/** The run that counts when runs of tests come out so, one after another. */
async function counted(results: readonly Partial<CommandResult>[], patch = PATCH) {
  const left = [...results];
  const sandbox = fakeSandbox((command) => (command.reportBytes === undefined ? {} : (left.shift() ?? {})));
  const datasets = {
    load: async () => ({ instances: [], droppedWithoutTests: 0, records: 0, revision: null }),
    prepareTree: async () => '/tree',
    prepareRequirements: async () => null,
  };
  const limits = { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 };
  const signal = new AbortController().signal;
  const bench = { sandbox, datasets, official: NO_OFFICIAL, limits, run: 'r', name: 'n', signal };
  const testRun = await confirmedRun(bench, subject, { stage: 'bugged', patch });
  assert.equal(left.length, 0, 'each run was made');
  assert.equal(sandbox.opened.size, 0);
  return testRun;
}

test('a run that ended by itself is made once, whatever it found', async () => {
  assert.equal((await counted([ran('passed')])).outcomes[IDS[0]!], 'passed');
  assert.equal((await counted([ran('failed')])).outcomes[IDS[0]!], 'failed');
});

test('of a run that was cut short, or wanted for something, the second counts', async () => {
  const full = { ...ran('failed'), output: 'OSError: [Errno 28] No space left on device' };
  for (const first of [killed, timedOut, unended, { ...ran('failed'), outOfMemory: true }, full, silent]) {
    const testRun = await counted([first, ran('passed')]);
    assert.deepEqual([testRun.ended, testRun.outcomes[IDS[0]!]], [true, 'passed']);
  }
  assert.equal((await counted([killed, killed])).ended, false);
  assert.equal((await counted([killed, timedOut])).timedOut, true);
});

test('a want is known by what systems and Python say of it', async () => {
  for (const output of [
    'cp: error writing: Disk quota exceeded',
    "[Errno 122] it's full",
    "RuntimeError: can't start new thread",
    'bash: fork: Cannot fork',
    'libgomp: pthread_create failed',
    '[Errno 11] try again',
  ]) {
    const testRun = await counted([{ ...ran('failed'), output }, ran('passed')]);
    assert.equal(testRun.outcomes[IDS[0]!], 'passed', output);
  }
});

test('of a long output its beginning and its end are kept', async () => {
  const { log } = await counted([{ ...ran('passed'), output: `head${'x'.repeat(200_000)}tail` }]);
  assert.match(log, /^headx+\n\[…\]\nx+tail$/);
  assert.ok(log.length < 66_000, String(log.length));
});

test('a run whose time is over before its runner has started is a run all the same', async () => {
  const late = { ...timedOut, report: '' };
  const testRun = await counted([late, late]);
  assert.deepEqual([testRun.timedOut, testRun.ended, testRun.outcomes[IDS[0]!]], [true, false, 'missing']);
});

test('words of want in the log of a run in which all passed are nothing to look into', async () => {
  const words = { ...ran('passed'), output: 'No space left on device', outOfMemory: true };
  assert.equal((await counted([words])).ended, true);
});

test('a test runner that never starts is an error, unless it starts without the patch', async () => {
  await assert.rejects(counted([silent, silent], ''), NotStarted);
  await assert.rejects(counted([silent, silent, silent]), NotStarted);
  const broken = await counted([silent, silent, ran('failed')]);
  assert.deepEqual([broken.ended, broken.outcomes[IDS[0]!]], [false, 'missing']);
});
