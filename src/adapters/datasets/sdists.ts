import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SteadfastError } from '../../domain/failures.ts';
import type { Source } from '../../domain/instance.ts';
import { runCommand } from './command.ts';
import { sweepDrafts } from './drafts.ts';
import type { Host, Origin } from './trees.ts';

const UNPACK = fileURLToPath(new URL('unpack_sdist.py', import.meta.url));
const FETCH = fileURLToPath(new URL('fetch_sdist.py', import.meta.url));

type Sdist = Extract<Source, { kind: 'pypi-sdist' }>;

/** The content of a source distribution without its top folder. */
export function sdistOrigin(host: Host, sdist: Sdist): Origin {
  return {
    name: [sdist.sha256],
    fill: async (folder) => await unpack(host, await fetchSdist(host, sdist), folder),
  };
}

async function unpack(host: Host, archive: string, folder: string): Promise<void> {
  const command = [...host.python, UNPACK, archive, folder];
  const result = await runCommand(command, { cwd: host.cacheDir, timeoutMs: 120_000 });
  if (result.exitCode === 0) return;
  throw new SteadfastError(
    'Instance.SourceMissing',
    `${archive} could not be unpacked: ${result.output.trim()}`,
  );
}

/** The file of a source distribution below <cache>/sdists, fetched by pip when absent; its sha256 is always checked. */
async function fetchSdist({ cacheDir, python }: Host, sdist: Sdist): Promise<string> {
  const folder = join(cacheDir, 'sdists');
  const path = join(folder, sdist.filename);
  if ((await sha256Of(path)) === sdist.sha256) return path;
  await mkdir(folder, { recursive: true });
  await sweepDrafts(folder);
  const partial = join(folder, `.${randomUUID()}.partial`);
  try {
    await download(python, sdist, partial, path);
    const found = await sha256Of(partial);
    if (found !== sdist.sha256) {
      throw missing(sdist, path, `the index's file has sha256 ${found ?? '(none)'}`);
    }
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return path;
}

async function download(python: readonly string[], sdist: Sdist, to: string, path: string): Promise<void> {
  const command = [...python, FETCH, sdist.name, sdist.filename, to];
  const failed = (why: string, cause?: unknown): SteadfastError => missing(sdist, path, why, cause);
  // Metadata and a file of a few MB; what takes longer is an unreachable index with pip's retries.
  const result = await runCommand(command, { cwd: join(path, '..'), timeoutMs: 180_000 }).catch(
    (cause: unknown) => {
      throw failed(cause instanceof Error ? cause.message : String(cause), cause);
    },
  );
  if (result.exitCode !== 0) throw failed(lastLines(result.output));
}

function missing(sdist: Sdist, path: string, why: string, cause?: unknown): SteadfastError {
  const message =
    `The source ${sdist.filename} (sha256 ${sdist.sha256}) is not in the cache and pip could not fetch it: ${why}. ` +
    `Check pip's index settings and network, or put the file at ${path}.`;
  return new SteadfastError('Instance.SourceMissing', message, { cause });
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-3).join(' | ').slice(-500) || 'no message';
}

async function sha256Of(path: string): Promise<string | null> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch {
    return null;
  }
}
