import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { logFile } from '../../../src/local/logs.ts';
import { writeState } from '../../../src/local/platform-state.ts';
import { ensurePlatform, platformStatus, stopPlatform } from '../../../src/local/platform.ts';
import { identify } from '../../../src/local/process-identity.ts';
import { pretendSetUp } from '../../support/pretend-set-up.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('a busy port is one message that names the port and the variable', async (t) => {
  const home = temporaryHome(t);
  const cache = join(home, 'cache');
  pretendSetUp(cache);
  const stranger = createServer();
  await new Promise<void>((listening) => stranger.listen(0, '127.0.0.1', listening));
  t.after(() => stranger.close());
  const { port } = stranger.address() as AddressInfo;
  const config = loadConfig({
    ...process.env,
    STEADFAST_HOME: home,
    STEADFAST_CACHE: cache,
    STEADFAST_UI_PORT: String(port),
    STEADFAST_TEMPORAL_PORT: '47233',
    STEADFAST_POLICY_PORT: '48400',
  });
  await assert.rejects(
    ensurePlatform(config),
    new RegExp(`port ${port}, wanted for the Temporal Web UI, is taken .* set STEADFAST_UI_PORT`),
  );
  assert.equal(platformStatus(config), undefined);
});

test('a process that ends again and again is named with its last words, and not waited for', async (t) => {
  const home = temporaryHome(t);
  const cache = join(home, 'cache');
  pretendSetUp(cache);
  const config = loadConfig({ STEADFAST_HOME: home, STEADFAST_CACHE: cache });
  mkdirSync(join(home, 'logs'));
  writeFileSync(logFile(home, 'policy'), 'loading\nModuleNotFoundError: no module named torch\n');
  const supervisor = identify(process.pid);
  assert.ok(supervisor);
  let restarts = 2;
  const write = () => {
    const policy = { name: 'policy', phase: 'waiting', process: null, restarts: restarts++ } as const;
    const ports = { temporal: 1, ui: 2, policy: 3 };
    writeState(home, {
      supervisor,
      startedAt: '',
      phase: 'starting',
      ports,
      model: null,
      processes: [policy],
    });
  };
  write();
  const timer = setInterval(write, 100);
  t.after(() => clearInterval(timer));
  await assert.rejects(
    ensurePlatform(config),
    /^Error: the policy process ends again and again: ModuleNotFoundError: no module named torch \(.*policy\.log\); steadfast down/,
  );
  // Not by what it did before somebody waited.
  assert.ok(restarts > 5);
});

test('without set-up it says what does it', async (t) => {
  const home = temporaryHome(t);
  const config = loadConfig({ STEADFAST_HOME: home, STEADFAST_CACHE: join(home, 'cache') });
  await assert.rejects(ensurePlatform(config), /set-up is lacking .* `npm start`/);
});

test('stopping what is not up says so', async (t) => {
  assert.equal(await stopPlatform({ home: temporaryHome(t) }), false);
});
