import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SteadfastError } from '../../domain/failures.ts';

/** A file that is still being written after this long belongs to a process that died. */
const ABANDONED_MS = 3_600_000;

/** Writes a file whole, and its folders where they are missing; `Artifact.DiskFull` when there is no room for it. */
export type WriteFile = (path: string, content: string | Uint8Array | AsyncIterable<string>) => Promise<void>;

/**
 * A writer that makes each file in `<root>/parts` and renames it into its place, so a reader never sees half of one and
 * what killed processes left lies in one folder: the first write of a process removes what is old there.
 */
export function createWriter(root: string): WriteFile {
  const parts = join(root, 'parts');
  let swept: Promise<void> | null = null;

  return async (path, content) => {
    swept ??= removeAbandoned(parts).catch(() => undefined);
    await swept;
    const temporary = join(parts, randomUUID());
    try {
      await mkdir(parts, { recursive: true });
      await writeFile(temporary, content);
      await moveInto(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') {
        throw new SteadfastError('Artifact.DiskFull', `no space left to write ${path}; free some and go on`, {
          cause: error,
        });
      }
      throw error;
    }
  };
}

/** The text of a file in UTF-8; null where there is none. */
export async function readText(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').catch(absent(null));
}

/** The bytes of a file; null where there is none. */
export async function readBytes(path: string): Promise<Buffer | null> {
  return await readFile(path).catch(absent(null));
}

/** Answers `value` for a file that is not there, and throws everything else. */
export function absent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return value;
    throw error;
  };
}

async function moveInto(temporary: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await rename(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    // Somebody removed the folder, which was empty, between the two.
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
  }
}

async function removeAbandoned(parts: string): Promise<void> {
  for (const name of await readdir(parts)) {
    const path = join(parts, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
