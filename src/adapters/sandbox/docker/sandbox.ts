import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { SteadfastError } from '../../../domain/failures.ts';
import type { Sandbox, SandboxSpec } from '../../../ports/sandbox.ts';
import { AGENT_UID, PLACES } from '../guest.ts';
import { encodeRequest } from '../request.ts';
import { PYTHON, throughSupervisor } from '../supervised.ts';
import type { Answer } from '../supervised.ts';
import { connect, typed } from './client.ts';
import { LABELS, containerName } from './container.ts';
import { execute } from './exec.ts';
import { Images } from './image.ts';
import type { ImageOptions } from './image.ts';
import { isOpen, openContainer, removeContainer } from './open.ts';

/** Where the kernel counts what it ended for want of memory: cgroup v2, v1. */
const OOM = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

/** Sandboxes by Docker: a hardened container each, in which a root supervisor starts and ends the agent's commands. */
export function createDockerSandbox(options: ImageOptions, docker: Docker = connect()): Sandbox {
  const images = new Images(docker, options);
  const opening = new Map<string, Promise<void>>();

  const through = throughSupervisor(async (name, task, signal) => {
    const request = encodeRequest({
      ...task,
      root: PLACES.root,
      opening: false,
      uid: AGENT_UID,
      cgroups: [],
      oom: OOM,
      stage: null,
      cwd: PLACES.tree,
    });
    const container = docker.getContainer(containerName(name));
    const argv = [...PYTHON, `${PLACES.guest}/supervise.py`];
    try {
      const { stdout, stderr, exec } = await execute(container, argv, [request], signal);
      if (stdout.length > 0) return JSON.parse(stdout.toString('utf8')) as Answer;
      // No answer: something ended the supervisor, most likely the end of its container, which may take a moment.
      for (let tries = 0; tries < 10; tries++) {
        if (!(await container.inspect()).State.Running) return { error: 'gone' };
        await sleep(100);
      }
      const { ExitCode } = await exec.inspect();
      throw new SteadfastError(
        'Sandbox.Failed',
        `The supervisor of a command ended (${ExitCode}): ${stderr.slice(-2000)}`,
      );
    } catch (error) {
      throw signal?.aborted === true ? error : typed(error, name);
    }
  });

  async function open(spec: SandboxSpec, signal?: AbortSignal): Promise<void> {
    try {
      if (await isOpen(docker, spec.name)) return;
      const image = await images.of(spec.instance);
      // What an opening that was cut off left, or a container that stopped: its file systems went with it.
      await removeContainer(docker, spec.name);
      await openContainer(docker, spec, image);
      signal?.throwIfAborted();
    } catch (error) {
      if (!(error instanceof SteadfastError && error.type === 'Sandbox.Unavailable')) {
        await removeContainer(docker, spec.name).catch(() => undefined);
      }
      throw signal?.aborted === true ? error : typed(error, spec.name);
    }
  }

  return {
    kind: 'docker',
    ...through,

    async environment(instance) {
      try {
        return (await images.of(instance)).id;
      } catch (error) {
        throw typed(error, instance.instanceId);
      }
    },

    async open(spec, signal) {
      const opened = opening.get(spec.name) ?? open(spec, signal);
      opening.set(spec.name, opened);
      await opened.finally(() => opening.delete(spec.name));
    },

    async close(name) {
      try {
        await removeContainer(docker, name);
      } catch (error) {
        throw typed(error, name);
      }
    },

    async list() {
      try {
        const found = await docker.listContainers({ all: true, filters: { label: [`${LABELS.mark}=1`] } });
        return found.map(({ Labels }) => ({
          name: Labels[LABELS.name] ?? '',
          run: Labels[LABELS.run] ?? '',
          createdAt: Labels[LABELS.created] ?? '',
        }));
      } catch (error) {
        throw typed(error, 'the list');
      }
    },
  };
}
