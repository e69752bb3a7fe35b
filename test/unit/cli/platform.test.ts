import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { bringUp, waitingLine } from '../../../src/cli/platform.ts';
import { loadConfig } from '../../../src/config.ts';
import { writeState } from '../../../src/local/platform-state.ts';
import { identify } from '../../../src/local/process-identity.ts';
import { pretendSetUp } from '../../support/pretend-set-up.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

/** What `up` says where a platform is up that came up with a model, or with none. */
async function saidWhenUp(t: TestContext, loaded: string | null, asked: string | undefined) {
  const home = temporaryHome(t);
  const config = loadConfig({ STEADFAST_HOME: home, STEADFAST_CACHE: join(home, 'cache') });
  pretendSetUp(config.cache);
  const supervisor = identify(process.pid);
  assert.ok(supervisor);
  writeState(home, {
    supervisor,
    startedAt: '2026-01-01T00:00:00.000Z',
    phase: 'ready',
    ports: { temporal: 1, ui: 2, policy: 3 },
    model: loaded,
    processes: [],
  });
  const lines: string[] = [];
  mkdirSync(join(home, 'policy'));
  await bringUp(config, (line) => lines.push(line), { model: asked, cwd: home });
  return lines.map((line) => line.replaceAll(home, '/home'));
}

describe('up, where the platform is up already', () => {
  it('says that a model comes too late', async (t) => {
    const [already, late] = await saidWhenUp(t, null, 'owner/name');
    assert.equal(already, 'already up; Temporal Web UI: http://127.0.0.1:2', 'where it came up');
    assert.match(late ?? '', /^--model owner\/name takes effect after steadfast down: .* without a model$/);
    assert.match((await saidWhenUp(t, 'other', 'owner/name'))[1] ?? '', /came up with other$/);
  });

  it('takes a folder from where the command stands', async (t) => {
    assert.match((await saidWhenUp(t, null, 'policy'))[1] ?? '', /^--model \/home\/policy takes effect/);
    await assert.rejects(saidWhenUp(t, null, './none'), /the model \.\/none is no folder/);
    await assert.rejects(saidWhenUp(t, null, ''), /the model is ""; expected a folder/);
  });

  it('says no more where no model is asked for, or the one that it has', async (t) => {
    assert.equal((await saidWhenUp(t, null, undefined)).length, 1);
    assert.equal((await saidWhenUp(t, 'owner/name', 'owner/name')).length, 1);
  });
});

describe('up, where the policy server is elsewhere', () => {
  it('refuses a model, and says why', async (t) => {
    const config = loadConfig({
      STEADFAST_HOME: temporaryHome(t),
      STEADFAST_POLICY_URL: 'http://gpu:8400/v1',
    });
    const up = bringUp(config, () => undefined, { model: 'owner/name', cwd: config.home });
    await assert.rejects(up, {
      name: 'UsageError',
      message:
        /^--model has no meaning where STEADFAST_POLICY_URL is set: .* loads the model that a run names$/,
    });
  });
});

describe('the line of those who wait for a worker', () => {
  it('names what starts one at a server of the user’s own, where nobody else does', () => {
    const own = waitingLine(loadConfig({ TEMPORAL_ADDRESS: 'temporal:7233' }));
    assert.equal(own, 'waiting for a worker to answer; steadfast up or steadfast worker starts one');
    assert.ok(own.length < 80, 'a terminal shows it whole');
    assert.equal(
      waitingLine(loadConfig({})),
      'waiting for a worker to answer; steadfast up starts one that is down',
    );
  });
});
