import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { stepName } from '../../../domain/ids.ts';
import { absent } from '../checkpoints.ts';

/*
 * What a run has asked ART for, written down before it is asked: ART itself knows no request by a key, so that whoever
 * comes after a death has to know that one was made.
 */

const claimSchema = z.object({
  batch_sha256: z.string(),
  parent: z.string(),
  /** ART's name of the job that makes the step, once it has said so. */
  job: z.string().nullable(),
});

export type Claim = z.infer<typeof claimSchema>;

/** How often a claim says that somebody still waits for the answer to it. */
const TOUCH_MS = 2000;

/** The claim on a step, and when it was last touched; null where nobody has asked for the step. */
export async function readClaim(
  root: string,
  step: number,
): Promise<{ readonly claim: Claim; readonly touched: number } | null> {
  const path = claimPath(root, step);
  const read = await Promise.all([readFile(path, 'utf8'), stat(path)]).catch(absent);
  if (read === null) return null;
  const [text, { mtimeMs }] = read;
  return { claim: claimSchema.parse(JSON.parse(text)), touched: mtimeMs };
}

/** Claims a step; false where somebody else has. It is whole and on the disk before anything is asked. */
export async function claimStep(root: string, step: number, claim: Claim): Promise<boolean> {
  const path = claimPath(root, step);
  return await drafted(path, claim, async (draft) => {
    try {
      await link(draft, path);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Writes down which job makes a claimed step. */
export async function nameJob(root: string, step: number, claim: Claim, job: string): Promise<void> {
  const path = claimPath(root, step);
  await drafted(path, { ...claim, job }, async (draft) => await rename(draft, path));
}

/** Writes a claim beside its place, which `put` puts it in. */
async function drafted<T>(path: string, claim: Claim, put: (draft: string) => Promise<T>): Promise<T> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(`${JSON.stringify(claim)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    return await put(draft);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Takes a claim back: the step was not made, or it is published. */
export async function dropClaim(root: string, step: number): Promise<void> {
  await rm(claimPath(root, step), { force: true });
}

/** Touches a claim while a request that it stands for is waited on. */
export async function touching<T>(root: string, step: number, body: () => Promise<T>): Promise<T> {
  const touch = setInterval(() => {
    const now = new Date();
    // Gone where the step was published by another.
    utimes(claimPath(root, step), now, now).catch(() => undefined);
  }, TOUCH_MS);
  try {
    return await body();
  } finally {
    clearInterval(touch);
  }
}

/** The file of a claim on a step. */
export function claimPath(root: string, step: number): string {
  return join(root, `.art-${stepName(step)}.asked.json`);
}
