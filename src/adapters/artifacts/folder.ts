import { readdir } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { SteadfastError } from '../../domain/failures.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { absent, createWriter, readText } from './files.ts';
import { SHA256, sha256Of } from './sha256.ts';
import { createSnapshots } from './snapshots.ts';

/** One segment of a path that stays where it is put. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/;

/** What stands before a cached value: a value that was changed on disk is as good as none. */
const CACHED = /^\{"sha256":"([0-9a-f]{64})","value":(.*)\}$/s;

/** The artifact store in a folder: blobs/<aa>/<sha256>, runs/<run>/… and cache/<kind>/<key>.json, all written by rename. */
export function createFolderArtifacts(root: string): Artifacts {
  const write = createWriter(root);

  function blobPath(sha256: string): string {
    if (!SHA256.test(sha256)) throw refusal(sha256, 'is not a sha256 in hex');
    return join(root, 'blobs', sha256.slice(0, 2), sha256);
  }

  function runPath(run: string, path: string): string {
    if (!NAME.test(run)) throw refusal(run, 'is not the name of a run');
    return within(join(root, 'runs', run), path);
  }

  function cachePath(kind: string, key: string): string {
    if (!NAME.test(kind)) throw refusal(kind, 'is not a kind of cached values');
    // Keys are free text; a file's name is not.
    const name = NAME.test(key) && key.length <= 150 ? key : sha256Of(key);
    return join(root, 'cache', kind, `${name}.json`);
  }

  async function putJson(value: unknown): Promise<string> {
    const text = JSON.stringify(value);
    const sha256 = sha256Of(text);
    const path = blobPath(sha256);
    // A damaged blob is mended by writing it again; a whole one is left alone.
    if ((await readText(path)) !== text) await write(path, text);
    return sha256;
  }

  async function getJson(sha256: string): Promise<unknown> {
    const path = blobPath(sha256);
    const text = await readText(path);
    if (text === null) {
      throw new SteadfastError('Artifact.Missing', `there is no artifact ${sha256} (looked for ${path})`);
    }
    if (sha256Of(text) !== sha256) {
      throw new SteadfastError('Artifact.Corrupt', `the content of ${path} is not what its name says`);
    }
    return JSON.parse(text);
  }

  async function listRunFiles(run: string, folder: string): Promise<readonly string[]> {
    const base = runPath(run, folder);
    const entries = await readdir(base, { recursive: true, withFileTypes: true }).catch(absent([]));
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
      .toSorted();
  }

  async function putCached(kind: string, key: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value);
    await write(cachePath(kind, key), `{"sha256":"${sha256Of(text)}","value":${text}}`);
  }

  /** A cache may forget: whoever asks makes a damaged value again. */
  async function getCached(kind: string, key: string): Promise<unknown> {
    const [, sha256, text] = CACHED.exec((await readText(cachePath(kind, key))) ?? '') ?? [];
    return text === undefined || sha256Of(text) !== sha256 ? null : JSON.parse(text);
  }

  return {
    putJson,
    getJson,
    writeRunFile: async (run, path, content) => await write(runPath(run, path), content),
    readRunFile: async (run, path) => await readText(runPath(run, path)),
    listRunFiles,
    ...createSnapshots(runPath, write),
    putCached,
    getCached,
    blobPath,
    runPath,
  };
}

function within(folder: string, path: string): string {
  const full = resolve(folder, path);
  if (full !== folder && !full.startsWith(folder + sep)) throw refusal(path, `is not below ${folder}`);
  return full;
}

function refusal(value: string, why: string): SteadfastError {
  return new SteadfastError('Artifact.Corrupt', `${JSON.stringify(value)} ${why}`);
}
