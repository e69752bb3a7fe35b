import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { SteadfastError } from '../../../domain/failures.ts';
import type { SandboxSpec } from '../../../ports/sandbox.ts';
import {
  PLACES,
  encodeEnvironment,
  guestFolder,
  imageEnvironment,
  ownEnvironment,
  readGuest,
} from '../guest.ts';
import { framed } from '../request.ts';
import { PYTHON } from '../supervised.ts';
import { containerName, containerOptions } from './container.ts';
import { statusOf } from './client.ts';
import { execute } from './exec.ts';
import type { Image } from './image.ts';

/** Exit code of `prepare.py`: the instance's bug patch does not apply. */
const PATCH_DOES_NOT_APPLY = 5;

/** Creates, starts and fills a sandbox's container. */
export async function openContainer(docker: Docker, spec: SandboxSpec, image: Image): Promise<void> {
  if (spec.tree !== null && !existsSync(spec.tree)) {
    throw new SteadfastError('Instance.SourceMissing', `The prepared tree ${spec.tree} is not there`);
  }
  const container = await docker.createContainer(containerOptions(spec, image.id));
  await container.start();
  const ours = spec.instance.source.kind !== 'image';
  const request = {
    guest: await readGuest(),
    environment: encodeEnvironment(ours ? ownEnvironment() : imageEnvironment(image.environment)),
    strip: spec.tree === null ? 1 : 0,
    commit: ours ? 'all' : 'tracked',
    // A prepared tree has the bug already.
    patch: spec.tree === null ? spec.instance.bugPatch : null,
  };
  const head = framed(Buffer.from(JSON.stringify(request)));
  const program = await readFile(join(guestFolder, 'prepare.py'), 'utf8');
  const fill = async (tar: Readable) => await execute(container, [...PYTHON, '-c', program], [head, tar]);
  const { stderr, exec } = await (spec.tree === null
    ? withTreeOf(docker, image, fill)
    : withTree(spec.tree, fill));
  const { ExitCode } = await exec.inspect();
  if (ExitCode === PATCH_DOES_NOT_APPLY) {
    const { instanceId } = spec.instance;
    const message = `The patch of ${instanceId} does not apply: ${stderr.slice(0, 1200)}`;
    throw new SteadfastError('Instance.PatchDoesNotApply', message);
  }
  if (ExitCode !== 0) {
    throw new SteadfastError(
      'Sandbox.Failed',
      `The repository could not be put into a container: ${stderr.slice(-2000)}`,
    );
  }
}

/** Whether a sandbox's container is there, runs and was filled to the end. */
export async function isOpen(docker: Docker, name: string): Promise<boolean> {
  const container = docker.getContainer(containerName(name));
  try {
    const { State } = await container.inspect();
    if (!State.Running) return false;
    const { exec } = await execute(container, ['/bin/sh', '-c', `test -e ${PLACES.root}/ready`], []);
    return (await exec.inspect()).ExitCode === 0;
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 409) return false;
    throw error;
  }
}

/** Removes a sandbox's container with all that runs in it; nothing happens when there is none. */
export async function removeContainer(docker: Docker, name: string): Promise<void> {
  try {
    await docker.getContainer(containerName(name)).remove({ force: true, v: true });
  } catch (error) {
    // 409: its removal is under way already.
    if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
  }
}

type Fill = (tar: Readable) => ReturnType<typeof execute>;

/** Streams a folder of this host. */
async function withTree(tree: string, fill: Fill): ReturnType<Fill> {
  const child = spawn('tar', ['-c', '-f', '-', '-C', tree, '.'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const ended = once(child, 'close');
  // Taken up at once: what a child printed and nobody read is dropped when it ends.
  const printed = await fill(child.stdout.pipe(new PassThrough()));
  const [code] = (await ended) as [number | null];
  if (code === 0) return printed;
  const message = `The prepared tree ${tree} could not be read: ${Buffer.concat(stderr).toString('utf8')}`;
  throw new SteadfastError('Instance.SourceMissing', message);
}

/** Streams the image's own /testbed, which the file system mounted over it hides, from a container that never runs. */
async function withTreeOf(docker: Docker, image: Image, fill: Fill): ReturnType<Fill> {
  const helper = await docker.createContainer({
    Image: image.id,
    Cmd: ['true'],
    Labels: { steadfast: 'helper' },
  });
  try {
    const stream = (await helper.getArchive({ path: PLACES.tree })) as Readable;
    return await fill(stream);
  } finally {
    await helper.remove({ force: true });
  }
}
