import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type Docker from 'dockerode';
import { SteadfastError } from '../../../domain/failures.ts';
import type { SandboxSpec } from '../../../ports/sandbox.ts';
import { PLACES } from '../guest.ts';
import { bounded, statusOf } from './client.ts';
import { helperOptions } from './container.ts';
import type { Image } from './image.ts';
import { removeContainer } from './open.ts';

const REPOSITORY = 'steadfast-requirements';

/**
 * An image with the instance's requirements at PLACES.requirements, kept under the folder's name: its containers share
 * them, where a copy in each would be charged to its memory. The folder comes as a tar, since the daemon may be remote.
 */
export class RequirementsImages {
  private readonly docker: Docker;
  private readonly making = new Map<string, Promise<Image>>();

  constructor(docker: Docker) {
    this.docker = docker;
  }

  /** The image itself where nothing is required. */
  async over(image: Image, spec: SandboxSpec): Promise<Image> {
    const folder = spec.requirements ?? null;
    if (folder === null) return image;
    const tag = `${basename(folder)}-${image.id.replace(/^sha256:/, '').slice(0, 12)}`;
    const making = this.making.get(tag) ?? this.make(image, spec, folder, tag);
    this.making.set(tag, making);
    return await making.finally(() => this.making.delete(tag));
  }

  private async make(image: Image, spec: SandboxSpec, folder: string, tag: string): Promise<Image> {
    const { docker } = this;
    const name = `${REPOSITORY}:${tag}`;
    const found = await idOf(docker, name);
    if (found !== null) return { ...image, id: found };
    const options = helperOptions(spec, image.id);
    await removeContainer(docker, `${spec.name}/helper`);
    const helper = await bounded(docker.createContainer(options));
    try {
      await putFolder(helper, folder);
      await bounded(helper.commit({ repo: REPOSITORY, tag, pause: false }));
    } finally {
      await removeContainer(docker, `${spec.name}/helper`);
    }
    const made = await idOf(docker, name);
    if (made !== null) return { ...image, id: made };
    throw new SteadfastError('Sandbox.ImageMissing', `Docker made ${name} and does not know it`);
  }
}

async function idOf(docker: Docker, name: string): Promise<string | null> {
  try {
    return (await bounded(docker.getImage(name).inspect())).Id;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
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
