import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';

let root: string;
let artifacts: Artifacts;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-artifacts-'));
  artifacts = createFolderArtifacts(root);
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

const typed = (type: string) => (error: unknown) => error instanceof Error && error.name === type;

test('a blob is named by its content and stored once', async () => {
  const value = { b: [1, 'ü', null], a: '\ud800' };
  const name = await artifacts.putJson(value);
  assert.equal(await artifacts.putJson(value), name);
  assert.deepEqual(await artifacts.getJson(name), value);
  assert.equal(artifacts.blobPath(name), join(root, 'blobs', name.slice(0, 2), name));
});

test('many writers of one blob leave one file', async () => {
  const names = await Promise.all(Array.from({ length: 20 }, () => artifacts.putJson({ same: true })));
  assert.equal(new Set(names).size, 1);
  assert.deepEqual(await readdir(join(root, 'blobs', names[0]!.slice(0, 2))), [names[0]]);
});

test('a blob that is not there, or not what it was, is refused by type', async () => {
  await assert.rejects(artifacts.getJson('0'.repeat(64)), typed('Artifact.Missing'));
  const name = await artifacts.putJson({ a: 1 });
  await writeFile(artifacts.blobPath(name), '{"a":2}');
  await assert.rejects(artifacts.getJson(name), typed('Artifact.Corrupt'));
  await artifacts.putJson({ a: 1 });
  assert.deepEqual(await artifacts.getJson(name), { a: 1 });
});

test('run files are written whole, read back and listed', async () => {
  await artifacts.writeRunFile('r1', 'trajectories/b.json', 'B');
  await artifacts.writeRunFile('r1', 'trajectories/a/x.json', 'X');
  await artifacts.writeRunFile('r1', 'trajectories/b.json', 'B2');
  assert.equal(await artifacts.readRunFile('r1', 'trajectories/b.json'), 'B2');
  assert.equal(await artifacts.readRunFile('r1', 'config.json'), null);
  assert.deepEqual(await artifacts.listRunFiles('r1', 'trajectories'), ['a/x.json', 'b.json']);
  assert.deepEqual(await artifacts.listRunFiles('r2', 'trajectories'), []);
  assert.equal(await readFile(artifacts.runPath('r1', 'trajectories/b.json'), 'utf8'), 'B2');
});

test('nothing leaves the store', async () => {
  for (const [run, path] of [
    ['..', 'x'],
    ['a/b', 'x'],
    ['', 'x'],
    ['r', '../x'],
    ['r', '/etc/x'],
  ] as const) {
    await assert.rejects(artifacts.writeRunFile(run, path, ''), typed('Artifact.Corrupt'), `${run} ${path}`);
  }
  await assert.rejects(artifacts.getJson('../../etc/passwd'), typed('Artifact.Corrupt'));
  await assert.rejects(artifacts.putCached('..', 'k', 1), typed('Artifact.Corrupt'));
});

test('a write that fails leaves nothing half-written', async () => {
  await artifacts.writeRunFile('r', 'file', 'x');
  await assert.rejects(artifacts.writeRunFile('r', 'file/below', 'y'));
  assert.deepEqual(await readdir(join(root, 'runs', 'r')), ['file']);
});

test('cached values are found by any key, and a damaged one is forgotten', async () => {
  const key = '../a/b?'.repeat(40);
  assert.equal(await artifacts.getCached('verdict', key), null);
  await artifacts.putCached('verdict', key, { ok: true });
  await artifacts.putCached('verdict', 'plain', 2);
  assert.deepEqual(await artifacts.getCached('verdict', key), { ok: true });
  const path = join(root, 'cache', 'verdict', 'plain.json');
  for (const damage of ['{"o', (await readFile(path, 'utf8')).replace('2}', '3}'), '']) {
    await writeFile(path, damage);
    assert.equal(await artifacts.getCached('verdict', 'plain'), null);
  }
  await artifacts.putCached('verdict', 'plain', 2);
  assert.equal(await artifacts.getCached('verdict', 'plain'), 2);
});

test('what killed processes were writing is removed in time, and nothing else', async () => {
  await mkdir(join(root, 'parts'));
  for (const name of ['old', 'new']) await writeFile(join(root, 'parts', name), 'half');
  const hoursAgo = Date.now() / 1000 - 2 * 3600;
  await utimes(join(root, 'parts', 'old'), hoursAgo, hoursAgo);
  await createFolderArtifacts(root).putJson(1);
  assert.deepEqual(await readdir(join(root, 'parts')), ['new']);
});
