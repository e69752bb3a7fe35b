import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { stepName } from '../../domain/ids.ts';
import { sha256Of } from '../artifacts/sha256.ts';

/*
 * A run's checkpoints on disk, by the rules of the policy server, which reads them too (trainer/steadfast_trainer/
 * checkpoints.py): written beside its place, made durable with the manifest last, published by one rename.
 */

/** What differs each time a step is made, and so stands in no manifest. */
const TIMINGS = 'timings.json';

const manifestSchema = z.looseObject({
  batch_sha256: z.string().nullish(),
  parent: z.string().nullish(),
  /** Where the server keeps weights and optimiser; absent for step 0, which is fresh. */
  state: z.string().nullish(),
  files: z.record(z.string(), z.string()),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** The manifest of a published step and its hash; null where there is none. */
export async function readManifest(
  root: string,
  step: number,
): Promise<{ readonly manifest: Manifest; readonly sha256: string } | null> {
  const bytes = await readFile(join(root, stepName(step), 'manifest.json')).catch(absent);
  if (bytes === null) return null;
  return { manifest: manifestSchema.parse(JSON.parse(bytes.toString('utf8'))), sha256: sha256Of(bytes) };
}

/** The numbers that a published step said of itself. */
export async function readMetrics(root: string, step: number): Promise<Record<string, number>> {
  const schema = z.record(z.string(), z.number());
  const read = async (name: string) => await readFile(join(root, stepName(step), name), 'utf8');
  const parts = await Promise.all(['metrics.json', TIMINGS].map(read));
  return Object.assign({}, ...parts.map((text) => schema.parse(JSON.parse(text)))) as Record<string, number>;
}

/**
 * Fills a folder by `write`, which gives the manifest, and publishes it as a step. A step that is published already is left as
 * it is: whoever came first has made it. Whatever fails leaves nothing.
 */
export async function publish(
  root: string,
  step: number,
  write: (draft: string) => Promise<object>,
): Promise<void> {
  // Not by the name that a policy server's drafts have: it sweeps them away as it opens the run.
  const place = join(root, stepName(step));
  const draft = join(root, `${draftPrefix(step)}${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(draft, { recursive: true });
    const manifest = await write(draft);
    const files = await hashesOf(draft);
    await writeFile(join(draft, 'manifest.json'), `${JSON.stringify({ ...manifest, files }, null, 1)}\n`);
    for (const path of [
      ...(await readdir(draft, { recursive: true })).map((name) => join(draft, name)),
      draft,
    ]) {
      await sync(path);
    }
    await putInPlace(draft, place);
  } catch (error) {
    // Whoever came first sweeps away the drafts of those who come too late, who may be writing them still.
    if (!(await isWhole(place))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  await sync(root);
  await sweepDrafts(root, step);
}

/** Renames the draft to its place, unless a whole checkpoint stands there; a damaged one is set aside. */
async function putInPlace(draft: string, place: string): Promise<void> {
  if (await renamed(draft, place)) return;
  if (await isWhole(place)) return;
  const aside = join(dirname(place), `.${basename(place)}.damaged-${randomBytes(4).toString('hex')}`);
  await rename(place, aside).catch(absent);
  // Another worker may have put a whole one there since it was looked at.
  const isTaken = (await isWhole(aside)) && (await renamed(aside, place));
  if (!isTaken) await renamed(draft, place);
}

/** Renames a folder; says no where another stands. */
async function renamed(folder: string, place: string): Promise<boolean> {
  try {
    await rename(folder, place);
    return true;
  } catch (error) {
    const isTaken =
      error instanceof Error && 'code' in error && ['ENOTEMPTY', 'EEXIST'].includes(String(error.code));
    if (isTaken) return false;
    throw error;
  }
}

/** Whether a folder's files are all as its manifest says. */
async function isWhole(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(absent);
  if (text === null) return false;
  const { files } = manifestSchema.parse(JSON.parse(text));
  for (const [name, hash] of Object.entries(files)) {
    const bytes = await readFile(join(folder, name)).catch(absent);
    if (bytes === null || sha256Of(bytes) !== hash) return false;
  }
  return true;
}

/** Drafts of workers that died, or that come too late for this step. */
async function sweepDrafts(root: string, step: number): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(draftPrefix(step))) await rm(join(root, name), { recursive: true, force: true });
  }
}

function draftPrefix(step: number): string {
  return `.made-${stepName(step)}.draft-`;
}

async function hashesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const names = files.map((file) => file.slice(folder.length + 1)).filter((name) => name !== TIMINGS);
  const hashes = names.toSorted().map(async (name) => {
    return [name, sha256Of(await readFile(join(folder, name)))] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Null in the place of what is not there; any other error is thrown on. */
export function absent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
