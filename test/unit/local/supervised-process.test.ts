import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { logSince } from '../../../src/local/logs.ts';
import { SupervisedProcess, type ProcessSpec } from '../../../src/local/supervised-process.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const quick = { firstMs: 20, longestMs: 80, healthyMs: 60_000 };
const sendsReady = `process.send('ready'); setInterval(() => undefined, 1000);`;

function supervise(t: TestContext, script: string, spec: Partial<ProcessSpec> = {}, backoff = quick) {
  const home = temporaryHome(t);
  const whole: ProcessSpec = {
    name: 'child',
    command: process.execPath,
    args: ['-e', script],
    cwd: home,
    env: process.env,
    ready: 'message',
    graceMs: 2000,
    ...spec,
  };
  const supervised = new SupervisedProcess(whole, home, () => undefined, backoff);
  t.after(() => supervised.stop());
  supervised.start();
  return { supervised, home };
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (what()) return;
    await sleep(20);
  }
  assert.fail('waited 10 s in vain');
}

test('a killed process comes back as another, and the restart is counted', async (t) => {
  const { supervised } = supervise(t, sendsReady);
  assert.equal(await supervised.untilReady(), true);
  const first = supervised.state().process?.pid;
  assert.ok(first);
  process.kill(first, 'SIGKILL');
  await until(() => supervised.state().restarts === 1 && supervised.state().phase === 'ready');
  assert.notEqual(supervised.state().process?.pid, first);
});

test('a process that had been ready is back at once, and waited for when it dies again', async (t) => {
  const { supervised } = supervise(t, sendsReady, {}, { firstMs: 1500, longestMs: 3000, healthyMs: 60_000 });
  await supervised.untilReady();
  assert.ok((await msToReady(1)) < 1400);
  assert.ok((await msToReady(2)) >= 1500);

  async function msToReady(restart: number): Promise<number> {
    const { process: before } = supervised.state();
    const began = Date.now();
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await until(() => supervised.state().restarts === restart && supervised.state().phase === 'ready');
    return Date.now() - began;
  }
});

test('a process that was ready for long is never waited for', async (t) => {
  const { supervised } = supervise(t, sendsReady, {}, { firstMs: 60_000, longestMs: 60_000, healthyMs: 0 });
  await supervised.untilReady();
  for (const restarts of [1, 2]) {
    process.kill(supervised.state().process?.pid ?? 0, 'SIGKILL');
    await until(() => supervised.state().restarts === restarts && supervised.state().phase === 'ready');
  }
});

test('a process that cannot run is tried again with growing waits, and can be stopped', async (t) => {
  const { supervised, home } = supervise(t, `console.error('no'); process.exit(3)`);
  await until(() => supervised.state().restarts >= 3);
  await supervised.stop();
  assert.equal(supervised.state().phase, 'stopped');
  assert.equal(await supervised.untilReady(), false);
  assert.match(logSince(home, 'child', 0), /^no\nno\nno/);
});

test('a command that is not there is tried again too', async (t) => {
  const { supervised } = supervise(t, '', { command: '/nowhere/at-all' });
  await until(() => supervised.state().restarts >= 2);
});

test('a process that ignores SIGTERM is killed when its grace is over', async (t) => {
  const { supervised } = supervise(t, `process.on('SIGTERM', () => undefined); ${sendsReady}`, {
    graceMs: 200,
  });
  await supervised.untilReady();
  const began = Date.now();
  await supervised.stop();
  assert.ok(Date.now() - began >= 190 && Date.now() - began < 2000);
  assert.equal(supervised.state().process, null);
});

test('readiness can be asked for', async (t) => {
  let asked = 0;
  const ready = () => Promise.resolve(++asked >= 3);
  const { supervised } = supervise(t, 'setInterval(() => undefined, 1000)', { ready });
  assert.equal(await supervised.untilReady(), true);
  assert.equal(asked, 3);
});
