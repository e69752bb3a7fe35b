import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';

const ROLLOUT = 'r/g-000001/demo__1/0.0';

let root: string;
let artifacts: Artifacts;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-snapshots-'));
  artifacts = createFolderArtifacts(root);
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

const typed = (type: string) => (error: unknown) => error instanceof Error && error.name === type;
const pathOf = (name: string) => artifacts.runPath('r', `snapshots/${ROLLOUT}/${name}`);
const stored = async () => (await readdir(pathOf(''))).toSorted();

/** Stores a snapshot as if some seconds after the epoch. */
async function putAt(seconds: number): Promise<string> {
  const name = await artifacts.putSnapshot('r', ROLLOUT, Buffer.from(`at ${seconds}`));
  await utimes(pathOf(name), seconds, seconds);
  return name;
}

test('a snapshot is named by its bytes, checked when read, and mended by storing it again', async () => {
  const archive = Buffer.from([0, 255, 1, 254]);
  const name = await artifacts.putSnapshot('r', ROLLOUT, archive);
  assert.deepEqual(await artifacts.getSnapshot('r', ROLLOUT, name), archive);
  await writeFile(pathOf(name), 'changed');
  await assert.rejects(artifacts.getSnapshot('r', ROLLOUT, name), typed('Artifact.Corrupt'));
  await artifacts.putSnapshot('r', ROLLOUT, archive);
  assert.deepEqual(await artifacts.getSnapshot('r', ROLLOUT, name), archive);
  await rm(pathOf(name));
  await assert.rejects(artifacts.getSnapshot('r', ROLLOUT, name), typed('Artifact.Missing'));
  await assert.rejects(artifacts.getSnapshot('r', ROLLOUT, '../config.json'), typed('Artifact.Corrupt'));
});

test('what is older than those named goes; what others have stored since stays', async () => {
  const [first, second, third, fourth] = [await putAt(10), await putAt(20), await putAt(30), await putAt(40)];
  await artifacts.dropSnapshots('r', ROLLOUT, [second, third]);
  assert.deepEqual(await stored(), [second, third, fourth].toSorted());
  await assert.rejects(artifacts.getSnapshot('r', ROLLOUT, first), typed('Artifact.Missing'));
  await artifacts.dropSnapshots('r', ROLLOUT, [first, fourth]);
  assert.equal((await stored()).length, 3, 'whoever names one that is gone comes late');
});

test('all of them leave no folder behind, but those of others stay', async () => {
  const other = 'r/g-000001/demo__1/1.0';
  await artifacts.putSnapshot('r', ROLLOUT, Buffer.from('a'));
  const name = await artifacts.putSnapshot('r', other, Buffer.from('b'));
  await artifacts.dropSnapshots('r', ROLLOUT, []);
  assert.deepEqual(await artifacts.listRunFiles('r', 'snapshots'), [`${other}/${name}`]);
  await artifacts.dropSnapshots('r', other, []);
  await artifacts.dropSnapshots('r', other, []);
  assert.deepEqual(await readdir(artifacts.runPath('r', '.')), []);
});

test('an instance id is no way out of the store', async () => {
  const rollout = 'r/g-000001/../../../../x y/0.0';
  const name = await artifacts.putSnapshot('r', rollout, Buffer.from('a'));
  assert.deepEqual(await artifacts.listRunFiles('r', 'snapshots'), [`r/g-000001/-/-/-/-/x-y/0.0/${name}`]);
  assert.equal(String(await artifacts.getSnapshot('r', rollout, name)), 'a');
});
