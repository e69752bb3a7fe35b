import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Unmounts everything below a folder, so that it can be removed: a retry at each level of a busy tree has no end. */
export async function unmountBelow(folder: string): Promise<void> {
  const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  const paths = lines.map((line) => line.split(' ')[1] ?? '').filter((path) => path.startsWith(`${folder}/`));
  for (const path of paths.toReversed()) await run('umount', ['-l', path]);
}
