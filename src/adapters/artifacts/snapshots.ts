import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SteadfastError } from '../../domain/failures.ts';
import { fileSafe } from '../../domain/ids.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { type WriteFile, absent, readBytes } from './files.ts';
import { SHA256, sha256Of } from './sha256.ts';

/** The snapshots of rollouts, runs/<run>/snapshots/<rollout>/<sha256>: large, and gone with their rollout. */
export function createSnapshots(
  runPath: (run: string, path: string) => string,
  write: WriteFile,
): Pick<Artifacts, 'putSnapshot' | 'getSnapshot' | 'dropSnapshots'> {
  function folderOf(run: string, rollout: string): string {
    return runPath(run, `snapshots/${rollout.split('/').map(segment).join('/')}`);
  }

  return {
    /** Written even where it lies already: a damaged one is mended, and the newest has the newest time. */
    async putSnapshot(run, rollout, archive) {
      const sha256 = sha256Of(archive);
      await write(join(folderOf(run, rollout), sha256), archive);
      return sha256;
    },

    async getSnapshot(run, rollout, sha256) {
      if (!SHA256.test(sha256)) {
        throw new SteadfastError('Artifact.Corrupt', `${JSON.stringify(sha256)} is not a sha256 in hex`);
      }
      const path = join(folderOf(run, rollout), sha256);
      const archive = await readBytes(path);
      if (archive === null) throw new SteadfastError('Artifact.Missing', `there is no snapshot ${path}`);
      if (sha256Of(archive) !== sha256) {
        throw new SteadfastError('Artifact.Corrupt', `the content of ${path} is not what its name says`);
      }
      return archive;
    },

    async dropSnapshots(run, rollout, keep) {
      const folder = folderOf(run, rollout);
      if (keep.length === 0) await removeWhole(folder, runPath(run, 'snapshots'));
      else await removeOlder(folder, keep);
    },
  };
}

/** With the folders above it that are empty then. */
async function removeWhole(folder: string, top: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (let at = dirname(folder); at.startsWith(top); at = dirname(at)) {
    const removed = await rmdir(at).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

/**
 * What is newer than the oldest of those to keep stays, and everything where one of those is missing: whoever asks may have
 * been frozen for a while, and others have gone on with the rollout.
 */
async function removeOlder(folder: string, keep: readonly string[]): Promise<void> {
  const kept = await Promise.all(keep.map(async (name) => await writtenAt(join(folder, name))));
  const oldest = Math.min(...kept.map((at) => at ?? Number.NEGATIVE_INFINITY));
  const names = (await readdir(folder).catch(absent([]))).filter((name) => SHA256.test(name));
  for (const path of names.map((name) => join(folder, name))) {
    const at = await writtenAt(path);
    if (at !== null && at < oldest) await rm(path, { force: true });
  }
}

async function writtenAt(path: string): Promise<number | null> {
  return await stat(path).then(({ mtimeMs }) => mtimeMs, absent(null));
}

/** Instance ids are free text; group and member tell two rollouts apart. */
function segment(part: string): string {
  const name = fileSafe(part);
  return /^\.{0,2}$/.test(name) ? '-' : name;
}
