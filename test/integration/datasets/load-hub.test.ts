import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { load, loadedIds, typed } from '../../support/data-loader.ts';
import { hubServer } from '../../support/hub-server.ts';
import {
  HUB_NAME,
  hubWorld,
  IDS,
  LINES,
  linesAt,
  NEW_COMMIT,
  PARQUET_BYTES,
} from '../../support/hub-world.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('a data set of the hub is read at a commit, by the splits of its card, and downloaded once', async (t) => {
  const { home, hub, options } = await hubWorld(t);
  const page = await load(HUB_NAME, {}, options);
  assert.deepEqual(
    page.instances.map(({ instanceId }) => instanceId),
    IDS,
  );
  assert.deepEqual([page.records, page.revision], [14, NEW_COMMIT.sha]);
  assert.equal(
    hub.asked.filter((path) => path.includes('/resolve/')).length,
    2,
    'size, then bytes, of one file',
  );
  assert.deepEqual(await loadedIds(HUB_NAME, { split: 'held_out' }, options), [IDS[1], IDS[2]]);
  await assert.rejects(
    load(HUB_NAME, { split: 'test' }, options),
    typed(
      'Config.Invalid',
      /split is "test"; expected one of those that owner\/data\.set has: held_out, train/,
    ),
  );
  const [old] = await loadedIds(HUB_NAME, { revision: 'v1' }, options);
  assert.equal(old, IDS[0]);
  const before = hub.asked.length;
  await load(HUB_NAME, { revision: NEW_COMMIT.sha }, options);
  assert.equal(hub.asked.length, before, 'nothing is asked of a commit that is here');
  const snapshot = join(
    home,
    'hub/datasets--owner--data.set/snapshots',
    NEW_COMMIT.sha,
    'data/train-00000-of-00001.parquet',
  );
  assert.deepEqual(await readFile(snapshot), PARQUET_BYTES);
  assert.equal(await readFile(join(home, 'hub/datasets--owner--data.set/refs/main'), 'utf8'), NEW_COMMIT.sha);
});

test('with the hub out of reach, what was had before is read again; a new data set says why not', async (t) => {
  const { hub, options } = await hubWorld(t);
  await load(HUB_NAME, {}, options);
  hub.state.fault = (request) => {
    request.socket.destroy();
    return true;
  };
  assert.equal((await load(HUB_NAME, {}, options)).revision, NEW_COMMIT.sha);
  await assert.rejects(
    load(HUB_NAME, { split: 'held_out' }, options),
    typed('Instance.SourceMissing', /could not be had from http:\/\/127.*: fetch failed/),
  );
  await assert.rejects(load('owner/new', {}, options), typed('Instance.SourceMissing', /no file or folder/));
});

test('a name that the hub does not know, and one that it refuses, are told apart', async (t) => {
  const { hub, settings, options } = await hubWorld(t);
  const none = /no file or folder \(looked at .*owner\/none\), and http:\S+ has no data set owner\/none$/;
  await assert.rejects(load('owner/none', {}, options), typed('Instance.SourceMissing', none));
  await assert.rejects(
    load(HUB_NAME, { revision: 'v9' }, options),
    typed('Instance.SourceMissing', /has no data set owner\/data\.set at v9/),
  );
  await assert.rejects(
    load(HUB_NAME, { revision: '../../main' }, options),
    typed('Config.Invalid', /revision is "\.\.\/\.\.\/main"; expected a branch, a tag or a commit/),
  );
  hub.state.token = 'secret';
  await assert.rejects(
    load(HUB_NAME, {}, options),
    typed(
      'Instance.SourceMissing',
      /refuses the data set owner\/data\.set \(401\): .* HF_TOKEN that may read it/,
    ),
  );
  assert.equal((await load(HUB_NAME, {}, { ...options, hub: { ...settings, token: 'secret' } })).records, 14);
  await writeFile(settings.tokenFile, 'secret\n');
  assert.equal((await load(HUB_NAME, { revision: 'v1' }, options)).records, 1);
});

test('a path of this machine goes before a name of the hub', async (t) => {
  const { home, hub, options } = await hubWorld(t);
  await mkdir(join(home, 'owner'), { recursive: true });
  await writeFile(join(home, HUB_NAME), linesAt(4));
  const here = process.cwd();
  process.chdir(home);
  try {
    assert.deepEqual(await loadedIds(HUB_NAME, {}, options), [IDS[4]]);
  } finally {
    process.chdir(here);
  }
  assert.deepEqual(hub.asked, []);
});

test('a data set of the hub may not name folders of this machine', async (t) => {
  const home = temporaryHome(t);
  for (const source of [
    { kind: 'folder', path: '/etc' },
    { kind: 'git', url: 'file:///etc', commit: 'c'.repeat(40) },
  ]) {
    const line = JSON.stringify({ ...(JSON.parse(LINES[0] ?? '') as object), source });
    const commit = { sha: 'd'.repeat(40), files: { 'test.jsonl': Buffer.from(line) } };
    const { url } = await hubServer(t, HUB_NAME, { main: commit });
    const hub = { url, token: null, tokenFile: join(home, 'token'), folder: join(home, source.kind) };
    await assert.rejects(
      load(HUB_NAME, {}, { hub, cacheDir: join(home, source.kind) }),
      typed(
        'Instance.Invalid',
        /test\.jsonl line 1: instance \S+: source\.(path is \/etc|url is file:\/\/\/etc); expected no/,
      ),
    );
  }
});
