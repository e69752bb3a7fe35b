import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { SteadfastError } from '../../../domain/failures.ts';
import type { Sandbox, SandboxSpec } from '../../../ports/sandbox.ts';
import { AGENT_UID, PLACES, ROOTS } from '../guest.ts';
import { encodeRequest } from '../request.ts';
import { withRequirements } from '../requirements.ts';
import { throughArchives } from '../snapshots.ts';
import { PYTHON, parseAnswer, throughSupervisor } from '../supervised.ts';
import type { Answer, Execute } from '../supervised.ts';
import { bounded, connect, statusOf, typed, unavailable } from './client.ts';
import { LABELS, containerName } from './container.ts';
import { execute as executeIn } from './exec.ts';
import type { Printed } from './exec.ts';
import { DerivedImages } from './derived-images.ts';
import { InstanceImages } from './image.ts';
import type { ImageOptions } from './image.ts';
import { openContainer, removeContainer } from './open.ts';
import { passageLayer } from './passage.ts';
import { requirementsLayer } from './requirements.ts';
import { TreeSizes } from './tree-size.ts';

/** Where the kernel counts what it ended for want of memory: cgroup v2, v1. */
const OOM = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

/** Sandboxes by Docker: a hardened container each, in which a root supervisor starts and ends the agent's commands. */
export function createDockerSandbox(options: ImageOptions, docker: Docker = connect()): Sandbox {
  const images = new InstanceImages(docker, options);
  const derived = new DerivedImages(docker);
  const sizes = new TreeSizes(docker);
  const opening = new Map<string, Promise<void>>();

  const execute: Execute = async (name, task, signal) => {
    const request = encodeRequest({
      ...task,
      root: PLACES.root,
      opening: false,
      uid: AGENT_UID,
      cgroups: [],
      oom: OOM,
      stage: null,
      roots: { [ROOTS.tree]: PLACES.tree, [ROOTS.tmp]: '/tmp', [ROOTS.home]: PLACES.home },
      scratchFolder: PLACES.scratch,
      // The agent may have closed its tree to itself, which is no reason not to read it.
      cwd: task.scratch ? '/' : PLACES.tree,
    });
    const container = docker.getContainer(containerName(name));
    const argv = [...PYTHON, `${PLACES.guest}/supervise.py`];
    try {
      const printed = await executeIn(container, argv, [request], signal);
      return parseAnswer(printed.stdout) ?? (await whyNoAnswer(container, printed));
    } catch (error) {
      throw signal?.aborted === true ? error : typed(error, name);
    }
  };
  const close = async (name: string) => {
    try {
      await removeContainer(docker, name);
    } catch (error) {
      throw typed(error, name);
    }
  };

  async function open(spec: SandboxSpec, signal?: AbortSignal): Promise<void> {
    try {
      const how = await openContainer(docker, spec, async () => {
        const image = await images.of(spec.instance, spec.environment, signal);
        // An image of the benchmarks' holds what its tests require.
        const brought = spec.instance.source.kind === 'image';
        const layer = brought
          ? passageLayer(image.environment)
          : requirementsLayer(spec.requirements ?? null);
        const complete = await derived.over(image, layer, spec);
        return spec.tree === null ? { ...complete, treeBytes: await sizes.of(image, spec) } : complete;
      });
      if (how === 'adopted' || signal?.aborted !== true) return;
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : typed(error, spec.name);
    }
    // Nobody waits for it any more.
    await close(spec.name);
    throw signal.reason;
  }

  return {
    kind: 'docker',
    ...throughSupervisor(execute),
    ...throughArchives(execute, close),

    async environment(instance, { pinned, signal } = {}) {
      try {
        return withRequirements((await images.of(instance, pinned, signal)).name, instance);
      } catch (error) {
        throw signal?.aborted === true ? signal.reason : typed(error, instance.instanceId);
      }
    },

    async open(spec, signal) {
      const opened = opening.get(spec.name) ?? open(spec, signal);
      opening.set(spec.name, opened);
      await opened.finally(() => opening.delete(spec.name));
    },

    close,

    async list() {
      try {
        const filters = { label: [`${LABELS.mark}=1`] };
        const found = await bounded(docker.listContainers({ all: true, filters }));
        return found.map(({ Labels }) => ({
          name: Labels[LABELS.name] ?? '',
          run: Labels[LABELS.run] ?? '',
          createdAt: Labels[LABELS.created] ?? '',
          deadline: Labels[LABELS.deadline] ?? '',
        }));
      } catch (error) {
        throw typed(error, 'the list');
      }
    },
  };
}

/** Something ended the supervisor, most likely the end of its container; or it goes on, and its answer was lost. */
async function whyNoAnswer(container: Docker.Container, { stderr, exec }: Printed): Promise<Answer> {
  // The end of a container may take a moment to show.
  for (let tries = 0; tries < 10; tries++) {
    if (!(await bounded(container.inspect())).State.Running) return { error: 'gone' };
    await sleep(100);
  }
  const ended = await bounded(exec.inspect()).catch((error: unknown) => {
    // A daemon that was restarted keeps containers, and knows nothing of what ran in them.
    throw statusOf(error) === 404 ? unavailable('it was restarted while a command ran', error) : error;
  });
  if (ended.Running || ended.ExitCode === null || ended.ExitCode === 0) {
    throw unavailable('it broke off while a command ran');
  }
  throw new SteadfastError(
    'Sandbox.Failed',
    `The supervisor of a command ended (${ended.ExitCode}): ${stderr.slice(-2000)}`,
  );
}
