import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { hiddenPaths } from '../hidden.ts';
import { framed } from '../request.ts';
import { seeingRequirements } from '../requirements.ts';
import { PYTHON } from '../supervised.ts';
import { bounded, statusOf, typed, unavailable } from './client.ts';
import { containerName, containerOptions, helperOptions } from './container.ts';
import { execute } from './exec.ts';
import type { Image } from './image.ts';

/** Exit code of `prepare.py`: the instance's bug patch does not apply. */
const PATCH_DOES_NOT_APPLY = 5;
/** Status of the daemon's answer: a container of that name is there. */
const NAME_TAKEN = 409;

/**
 * Opens a sandbox's container, or adopts the open one of that name. What stands there half open is removed: an opening
 * that was cut off, or whose reply was lost, or a container that stopped, and its file systems with it.
 */
export async function openContainer(
  docker: Docker,
  spec: SandboxSpec,
  image: () => Promise<Image>,
): Promise<'opened' | 'adopted'> {
  if ((await removeUnlessOpen(docker, spec.name)) === 'open') return 'adopted';
  if (spec.tree !== null && !existsSync(spec.tree)) {
    throw new SteadfastError('Instance.SourceMissing', `The prepared tree ${spec.tree} is not there`);
  }
  const found = await image();
  for (let tries = 0; ; tries++) {
    try {
      // By its id from here on: one of that name may be another opener's by then.
      const container = await bounded(
        docker.createContainer(containerOptions(spec, found.id, found.treeBytes)),
      );
      await startAndFill(docker, container, spec, found);
      return 'opened';
    } catch (error) {
      if (statusOf(error) !== NAME_TAKEN || tries === 2) throw error;
      // By an opener beside us, or by a try of ours whose reply did not come.
      await sleep(500);
      if ((await removeUnlessOpen(docker, spec.name)) === 'open') return 'adopted';
    }
  }
}

async function startAndFill(
  docker: Docker,
  container: Docker.Container,
  spec: SandboxSpec,
  image: Image,
): Promise<void> {
  try {
    await bounded(container.start());
    await fillContainer(docker, container, spec, image);
  } catch (error) {
    // A daemon that is gone can remove nothing; the next opening does.
    await remove(container).catch(() => undefined);
    throw error;
  }
}

async function fillContainer(
  docker: Docker,
  container: Docker.Container,
  spec: SandboxSpec,
  image: Image,
): Promise<void> {
  const ours = spec.instance.source.kind !== 'image';
  const environment = ours ? ownEnvironment() : imageEnvironment(image.environment);
  const request = {
    guest: await readGuest(),
    environment: encodeEnvironment(seeingRequirements(environment, spec.requirements)),
    strip: spec.tree === null ? 1 : 0,
    commit: ours ? 'all' : 'tracked',
    hidden: hiddenPaths(spec),
    // A prepared tree has the bug already.
    patch: spec.tree === null ? spec.instance.bugPatch : null,
  };
  const head = framed(Buffer.from(JSON.stringify(request)));
  const program = await readFile(join(guestFolder, 'prepare.py'), 'utf8');
  const fill = async (tar: Readable) => await execute(container, [...PYTHON, '-c', program], [head, tar]);
  const { stderr, exec } = await (spec.tree === null
    ? withTreeOf(docker, spec, image, fill)
    : withTree(spec.tree, fill));
  const { ExitCode } = await bounded(exec.inspect());
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

/** Removes a sandbox's container with all that runs in it; nothing happens when there is none. */
export async function removeContainer(docker: Docker, name: string): Promise<void> {
  await remove(docker.getContainer(containerName(name)));
}

/** Leaves a container alone that runs and was filled to the end. */
async function removeUnlessOpen(docker: Docker, name: string): Promise<'open' | 'none'> {
  try {
    const { Id, State } = await bounded(docker.getContainer(containerName(name)).inspect());
    const container = docker.getContainer(Id);
    if (State.Running && (await isFilled(container))) return 'open';
    await remove(container);
  } catch (error) {
    if (typed(error, name).type !== 'Sandbox.Gone') throw error;
  }
  return 'none';
}

async function isFilled(container: Docker.Container): Promise<boolean> {
  const { exec } = await execute(container, ['/bin/sh', '-c', `test -e ${PLACES.root}/ready`], []);
  const { ExitCode, Running } = await bounded(exec.inspect());
  // Neither yes nor no: the connection broke, and an open sandbox must not be removed for that.
  if (Running || ExitCode === null) throw unavailable('it broke off while a container was looked into');
  return ExitCode === 0;
}

async function remove(container: Docker.Container): Promise<void> {
  try {
    await bounded(container.remove({ force: true, v: true }));
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
  const printed = await fill(child.stdout.pipe(new PassThrough())).finally(() => child.stdout.destroy());
  const [code] = (await ended) as [number | null];
  // None: the container took in no more of it, and says why.
  if (code === 0 || code === null) return printed;
  const message = `The prepared tree ${tree} could not be read: ${Buffer.concat(stderr).toString('utf8')}`;
  throw new SteadfastError('Instance.SourceMissing', message);
}

/** Streams the image's own /testbed, which the file system mounted over it hides, from a container that never runs. */
async function withTreeOf(docker: Docker, spec: SandboxSpec, image: Image, fill: Fill): ReturnType<Fill> {
  const options = helperOptions(spec, image.id);
  await removeContainer(docker, `${spec.name}/helper`);
  const helper = await bounded(docker.createContainer(options));
  try {
    const stream = (await bounded(helper.getArchive({ path: PLACES.tree }))) as Readable;
    return await fill(stream);
  } finally {
    await remove(helper);
  }
}
