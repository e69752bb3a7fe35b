import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type Docker from 'dockerode';
import { SteadfastError } from '../../../domain/failures.ts';
import { PLACES } from '../guest.ts';
import { bounded } from './client.ts';
import type { Layer } from './derived-images.ts';

/**
 * An instance's requirements at PLACES.requirements, by the name of their folder: a copy in each container would be charged
 * to its memory. They come as a tar, since the daemon may be remote. Null where nothing is required.
 */
export function requirementsLayer(folder: string | null): Layer | null {
  if (folder === null) return null;
  const put = async (container: Docker.Container) => await putFolder(container, folder);
  return { repository: 'steadfast-requirements', tag: basename(folder), put };
}

/** Copies a folder of this host into a container that was made and not started. */
async function putFolder(container: Docker.Container, folder: string): Promise<void> {
  const at = PLACES.requirements.slice(1);
  const flags = ['--owner=0', '--group=0', `--transform=flags=r;s,^\\.,${at},`];
  const child = spawn('tar', ['-c', '-f', '-', ...flags, '-C', folder, '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  await bounded(container.putArchive(child.stdout, { path: '/' })).finally(() => child.stdout.destroy());
  const code = await ended;
  if (code === 0) return;
  throw new SteadfastError(
    'Instance.RequirementsMissing',
    `The requirements in ${folder} could not be read (${code}): ${stderr.trim().slice(0, 500)}`,
  );
}
