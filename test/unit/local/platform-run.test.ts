import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { PlatformRun } from '../../../src/local/platform-run.ts';
import { readState } from '../../../src/local/platform-state.ts';
import { isAlive } from '../../../src/local/process-identity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('whoever ends the platform a second time waits until its processes are gone', async (t) => {
  const home = temporaryHome(t);
  const worker = {
    name: 'slow',
    command: process.execPath,
    args: [
      '-e',
      `process.on('SIGTERM', () => undefined); process.send('ready'); setInterval(() => undefined, 1000);`,
    ],
    cwd: home,
    env: process.env,
    ready: 'message' as const,
    graceMs: 300,
  };
  const run = new PlatformRun(loadConfig({ STEADFAST_HOME: home }), null, {
    temporal: null,
    policy: null,
    workers: [worker],
  });
  await run.start();
  const slow = readState(home)?.processes[0]?.process;
  assert.ok(slow);
  const first = run.stop();
  await run.stop();
  assert.equal(isAlive(slow), false);
  assert.equal(readState(home), undefined);
  await first;
});
