import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What makes something in a folder of the cache begins its drafts' names so: a dot and a UUID. */
const DRAFT = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\./;

/** The longest making, a large history over a slow line, is ended within the hour. */
const DAY_MS = 24 * 3_600_000;

/** Removes the drafts in a folder that makers left who were killed. One that cannot be removed is in nobody's way. */
export async function sweepDrafts(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const path of names.filter((name) => DRAFT.test(name)).map((name) => join(folder, name))) {
    const begun = (await lstat(path).catch(() => null))?.mtimeMs ?? Date.now();
    if (begun < Date.now() - DAY_MS) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
