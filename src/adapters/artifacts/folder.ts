import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { SteadfastError } from '../../domain/failures.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { sha256Of } from './sha256.ts';

const SHA256 = /^[0-9a-f]{64}$/;
/** One segment of a path that stays where it is put. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/;

/**
 * The artifact store in a folder: blobs/<aa>/<sha256>, runs/<run>/… and cache/<kind>/<key>.json. Files are written
 * beside their place and renamed into it, so a reader never sees half of one.
 */
export function createFolderArtifacts(root: string): Artifacts {
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
    if ((await read(path)) !== text) await write(path, text);
    return sha256;
  }

  async function getJson(sha256: string): Promise<unknown> {
    const path = blobPath(sha256);
    const text = await read(path);
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

  async function getCached(kind: string, key: string): Promise<unknown> {
    const text = await read(cachePath(kind, key));
    if (text === null) return null;
    try {
      return JSON.parse(text);
    } catch {
      // A cache may forget: whoever asks makes the value again.
      return null;
    }
  }

  return {
    putJson,
    getJson,
    writeRunFile: async (run, path, content) => await write(runPath(run, path), content),
    readRunFile: async (run, path) => await read(runPath(run, path)),
    listRunFiles,
    putCached: async (kind, key, value) => await write(cachePath(kind, key), JSON.stringify(value)),
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

async function read(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').catch(absent(null));
}

async function write(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.part`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') {
      throw new SteadfastError('Artifact.DiskFull', `no space left to write ${path}; free some and go on`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** Answers `value` for a file that is not there, and throws everything else. */
function absent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return value;
    throw error;
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function refusal(value: string, why: string): SteadfastError {
  return new SteadfastError('Artifact.Corrupt', `${JSON.stringify(value)} ${why}`);
}
