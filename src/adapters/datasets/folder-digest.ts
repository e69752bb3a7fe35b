import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SteadfastError } from '../../domain/failures.ts';

/** Of a repository's folder, what is no part of its source. */
export const LEFT_OUT: ReadonlySet<string> = new Set(['.git', '__pycache__']);

/**
 * The sha256 of a folder's content: paths, files' bytes and whether they can be run, and targets of links. A `.git` and
 * compiled Python count nothing. Throws `Instance.SourceMissing` when there is no such folder, and `Instance.Invalid`
 * for what is neither file, folder nor link.
 */
export async function digestOfFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() !== true) {
    throw new SteadfastError('Instance.SourceMissing', `The source folder ${path} is not there`);
  }
  const digest = createHash('sha256');
  for await (const line of linesOf(path, '')) digest.update(`${JSON.stringify(line)}\n`);
  return digest.digest('hex');
}

async function* linesOf(root: string, below: string): AsyncGenerator<readonly string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = join(below, entry.name);
    const full = join(root, path);
    if (entry.isDirectory()) {
      yield [path, 'folder'];
      yield* linesOf(root, path);
    } else if (entry.isSymbolicLink()) yield [path, 'link', await readlink(full)];
    else if (entry.isFile()) {
      const { mode } = await stat(full);
      yield [path, (mode & 0o100) === 0 ? 'file' : 'program', await sha256Of(full)];
    } else {
      const message = `The source folder ${root} holds ${path}, which is neither a file, a folder nor a link`;
      throw new SteadfastError('Instance.Invalid', message);
    }
  }
}

async function sha256Of(path: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path), digest);
  return digest.digest('hex');
}
