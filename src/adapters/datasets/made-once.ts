import { createHash, randomUUID } from 'node:crypto';
import { mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepDrafts } from './drafts.ts';

/**
 * The folder below `parent` whose content `of` names; when it is not there, `fill` makes it aside and it is renamed into
 * place, so that a folder is whole or not there, whoever makes it at the same time.
 */
export async function madeOnce(
  parent: string,
  of: readonly string[],
  fill: (draft: string) => Promise<void>,
): Promise<string> {
  const folder = join(parent, createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 32));
  if (await exists(folder)) return folder;
  await mkdir(parent, { recursive: true });
  await sweepDrafts(parent);
  const draft = join(await realpath(parent), `.${randomUUID()}.draft`);
  await mkdir(draft);
  try {
    await fill(draft);
    await renameUnlessThere(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

/** Shares what several callers of this process ask for: while it is made, or `kept` afterwards too; never a failure. */
export class Shared {
  private readonly making = new Map<string, Promise<string>>();
  private readonly how: 'while made' | 'kept';

  constructor(how: 'while made' | 'kept' = 'while made') {
    this.how = how;
  }

  async of(key: string, make: () => Promise<string>): Promise<string> {
    const known = this.making.get(key);
    if (known !== undefined) return await known;
    const made = make();
    this.making.set(key, made);
    try {
      const result = await made;
      if (this.how === 'while made') this.making.delete(key);
      return result;
    } catch (error) {
      this.making.delete(key);
      throw error;
    }
  }
}

/** Another process may have put the same folder there meanwhile; it is as good. */
async function renameUnlessThere(draft: string, folder: string): Promise<void> {
  try {
    await rename(draft, folder);
  } catch (error) {
    if (!(await exists(folder))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
