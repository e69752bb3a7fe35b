import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { bringUp, ensureReady } from '../../../src/cli/platform.ts';
import { webAddress } from '../../../src/cli/temporal-client.ts';
import { loadConfig } from '../../../src/config.ts';
import {
  fingerprints,
  requireSameEnvironment,
  requireWhatOpenWorkNeeds,
} from '../../../src/local/platform-environment.ts';
import { PlatformRun } from '../../../src/local/platform-run.ts';
import { type PlatformState, readState } from '../../../src/local/platform-state.ts';
import { packageRoot } from '../../../src/local/setup/paths.mjs';
import { pretendSetUp } from '../../support/pretend-set-up.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

type Variables = Readonly<Record<string, string>>;

/** What a platform without processes writes down that came up with those variables. */
async function cameUpWith(home: string, variables: Variables): Promise<PlatformState> {
  const config = loadConfig({ STEADFAST_HOME: home, ...variables });
  const run = new PlatformRun(config, null, { temporal: null, policy: null, workers: [] });
  await run.start();
  const state = readState(home);
  assert.ok(state);
  return state;
}

/** Why a command with `now` is refused at a platform that came up with `then`; null where it is not. */
async function whyRefused(t: TestContext, then: Variables, now: Variables): Promise<string | null> {
  const home = temporaryHome(t);
  await cameUpWith(home, then);
  const config = loadConfig({ STEADFAST_HOME: home, ...now });
  return await ensureReady(config, () => undefined).then(
    () => null,
    (error: Error) => error.message,
  );
}

describe('a command at a platform that came up before', () => {
  it('is refused with what was set anew or is set otherwise, by name', async (t) => {
    const then = { OPENAI_API_KEY: 'sk-old', STEADFAST_SANDBOX_BASE: 'same' };
    const now = { ...then, OPENAI_API_KEY: 'sk-new', TINKER_BASE_URL: 'http://gpu:8000' };
    assert.equal(
      await whyRefused(t, then, now),
      'the platform is up with another OPENAI_API_KEY, TINKER_BASE_URL, and its processes keep what they were ' +
        'started with: steadfast down, then this again (open runs go on then)',
    );
    assert.match((await whyRefused(t, {}, { STEADFAST_UI_PORT: '9000' })) ?? '', /STEADFAST_UI_PORT/);
  });

  it('goes on where a key is not set any more, or is empty', async (t) => {
    assert.equal(await whyRefused(t, { OPENAI_API_KEY: 'sk-1', HF_TOKEN: 'hf' }, { HF_TOKEN: '' }), null);
  });

  it('goes on where what is set is the default, or the same place in other words', async (t) => {
    assert.equal(await whyRefused(t, {}, { STEADFAST_TEMPORAL_PORT: '7233', STEADFAST_LOG: 'info' }), null);
    const store = { STEADFAST_STORE: 'store' };
    assert.equal(await whyRefused(t, store, { STEADFAST_STORE: join(process.cwd(), 'store') }), null);
  });

  it('is refused where it would read another store, or go to another server, without a variable', async (t) => {
    assert.match((await whyRefused(t, { STEADFAST_STORE: '/there' }, {})) ?? '', /another STEADFAST_STORE,/);
    assert.match((await whyRefused(t, { TEMPORAL_ADDRESS: 't:1' }, {})) ?? '', /another TEMPORAL_ADDRESS,/);
  });

  it('goes on where a build before wrote nothing down', async (t) => {
    const { environment: _, ...state } = await cameUpWith(temporaryHome(t), {});
    requireSameEnvironment(loadConfig({ OPENAI_API_KEY: 'sk-1' }), state);
  });

  it('is refused as `up` too, and shows the Web UI where it is', async (t) => {
    const home = temporaryHome(t);
    await cameUpWith(home, { STEADFAST_UI_PORT: '9000' });
    const cache = join(home, 'cache');
    pretendSetUp(cache);
    const shell = { STEADFAST_HOME: home, STEADFAST_CACHE: cache };
    assert.equal(webAddress(loadConfig(shell), null), 'http://127.0.0.1:9000');
    const config = loadConfig({ ...shell, STEADFAST_UI_PORT: '9001' });
    const up = bringUp(config, () => undefined, { model: undefined, cwd: home });
    await assert.rejects(up, /another STEADFAST_CACHE, STEADFAST_UI_PORT,/);
  });
});

/** A server with so many open workflows, as its Web UI tells of them. */
async function serverWith(t: TestContext, open: number): Promise<Variables> {
  const server = createServer((request, response) => {
    assert.match(request.url ?? '', /^\/api\/v1\/namespaces\/default\/workflow-count\?query=ExecutionStatus/);
    response.end(JSON.stringify({ count: String(open) }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  return { STEADFAST_UI_PORT: String((server.address() as AddressInfo).port) };
}

describe('a platform that comes up again', () => {
  const had = { OPENAI_API_KEY: 'sk-1', TINKER_API_KEY: 'default', STEADFAST_LOG: 'debug' };

  it('is refused without what open work may need, until it is named as what to go without', async (t) => {
    const home = temporaryHome(t);
    const shell = { STEADFAST_HOME: home, ...(await serverWith(t, 3)) };
    const need = async (variables: Variables, without: readonly string[] = []) =>
      await requireWhatOpenWorkNeeds(loadConfig({ ...shell, ...variables }), without);
    await need(had);
    assert.doesNotMatch(readFileSync(join(home, 'last-environment.json'), 'utf8'), /sk-1/);
    await assert.rejects(need({}), {
      message:
        'the platform was last up with OPENAI_API_KEY, not there now, which its open workflows (3) or schedules may need: ' +
        'set OPENAI_API_KEY, or go without by steadfast up --without OPENAI_API_KEY',
    });
    await need({ OPENAI_API_KEY: 'sk-2' });
    await need({}, ['OPENAI_API_KEY']);
    // From now on it has none.
    await need({});
  });

  it('comes up without anything where nothing is open', async (t) => {
    const shell = { STEADFAST_HOME: temporaryHome(t), ...(await serverWith(t, 0)) };
    await requireWhatOpenWorkNeeds(loadConfig({ ...shell, ...had }), []);
    await requireWhatOpenWorkNeeds(loadConfig(shell), []);
  });

  it('is refused without the policy server that it had, whatever is open: a schedule may train', async (t) => {
    const home = temporaryHome(t);
    const [present, without] = [join(home, 'cache'), join(home, 'another')];
    pretendSetUp(present);
    const shell = { STEADFAST_HOME: home, ...(await serverWith(t, 0)) };
    const need = async (cache: string, gone: readonly string[] = []) =>
      await requireWhatOpenWorkNeeds(loadConfig({ ...shell, STEADFAST_CACHE: cache }), gone);
    await need(without);
    await need(present);
    await assert.rejects(
      need(without),
      /last up with policy-server, .*: set it up \(node .*setup\.mjs\), or go without by .*--without policy-server$/,
    );
    await need(without, ['policy-server']);
    await need(without);
  });

  it('takes no name that nobody asks for', async (t) => {
    const config = loadConfig({ STEADFAST_HOME: temporaryHome(t) });
    const up = bringUp(config, () => undefined, { model: undefined, without: ['PATH'], cwd: config.home });
    await assert.rejects(up, {
      name: 'UsageError',
      message: /^--without names "PATH"; expected some of OPENAI_API_KEY, /,
    });
  });
});

describe('what platform.json holds of the environment', () => {
  it('is no value', async (t) => {
    const state = await cameUpWith(temporaryHome(t), { OPENAI_API_KEY: 'sk-secret' });
    assert.doesNotMatch(JSON.stringify(state), /sk-secret/);
    assert.match(state.environment?.['OPENAI_API_KEY'] ?? '', /^[0-9a-f]{64}$/);
  });

  it('is of everything that the configuration reads', () => {
    const source = readFileSync(join(packageRoot, 'src/config.ts'), 'utf8');
    const read = new Set(Array.from(source.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g), ([, name = '']) => name));
    assert.ok(read.has('OPENAI_API_KEY'));
    // The first says which platform it is; the other is in what is made of it.
    for (const name of ['STEADFAST_HOME', 'XDG_CACHE_HOME']) read.delete(name);
    const values = Object.fromEntries(Array.from(read, (name) => [name, valueFor(name)]));
    const held = fingerprints(loadConfig(values));
    assert.deepEqual(
      [...read].filter((name) => held[name] === undefined),
      [],
    );
  });
});

function valueFor(name: string): string {
  if (/_(URLS?|ENDPOINT)$/.test(name)) return 'http://a/v1';
  if (name === 'STEADFAST_LOG') return 'debug';
  return '7';
}
