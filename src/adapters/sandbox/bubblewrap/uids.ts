import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SteadfastError } from '../../../domain/failures.ts';

/** Far above people's accounts, below what container managers hand out. */
const FIRST_UID = 200_000;
const COUNT = 4096;
/** Of the whole machine, not of one state folder: two installations must not meet in one uid. */
const CLAIMS = '/run/steadfast-uids';

/** Claims a host uid for a sandbox's folder; one is free again when its folder is gone. */
export async function claimUid(folder: string): Promise<number> {
  await mkdir(CLAIMS, { recursive: true, mode: 0o700 });
  const start = Math.floor(Math.random() * COUNT);
  for (let offset = 0; offset < COUNT; offset++) {
    const uid = FIRST_UID + ((start + offset) % COUNT);
    const claim = join(CLAIMS, String(uid));
    await freeStale(claim);
    if (await createdNow(claim, folder)) return uid;
  }
  throw new SteadfastError('Sandbox.Failed', `All ${COUNT} host uids for sandboxes are in use (${CLAIMS})`);
}

/** Gives back the uid of a folder that is gone; another may have claimed it since, as after a restart of the host. */
export async function releaseUid(uid: number): Promise<void> {
  await freeStale(join(CLAIMS, String(uid)));
}

/** Removes a claim whose folder is gone; by one process at a time, lest the second removes its successor. */
async function freeStale(claim: string): Promise<void> {
  const stale = async () => {
    const holder = await readFile(claim, 'utf8').catch(() => '');
    return holder !== '' && !existsSync(holder);
  };
  if (!(await stale()) || !(await createdNow(`${claim}.stale`, ''))) return;
  if (await stale()) await rm(claim, { force: true });
  await rm(`${claim}.stale`, { force: true });
}

async function createdNow(path: string, text: string): Promise<boolean> {
  return await writeFile(path, text, { flag: 'wx' }).then(
    () => true,
    () => false,
  );
}
