import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SteadfastError } from '../../../domain/failures.ts';
import type { Sandbox, SandboxSpec } from '../../../ports/sandbox.ts';
import { withRequirements } from '../requirements.ts';
import { throughArchives } from '../snapshots.ts';
import { gone, throughSupervisor } from '../supervised.ts';
import type { Execute } from '../supervised.ts';
import { removeCgroup } from './cgroup.ts';
import { Folder } from './folder.ts';
import { digestOfPython } from './host.ts';
import type { BubblewrapOptions } from './host.ts';
import { Opener } from './open.ts';
import { supervise } from './supervisor.ts';
import { releaseUid } from './uids.ts';

/** Sandboxes by bubblewrap: each command has namespaces of its own, the sandbox a uid, a cgroup and a disk of its own. */
export function createBubblewrapSandbox(given: BubblewrapOptions): Sandbox {
  // Supervisors run elsewhere than this process.
  const options = { stateDir: resolve(given.stateDir), pythonEnv: resolve(given.pythonEnv) };
  const parent = join(options.stateDir, 'sandboxes');
  const folderOf = (name: string) => Folder.of(parent, name);
  const opener = new Opener(options, async () => {
    const metas = await Promise.all((await folders(parent)).map((folder) => folder.meta()));
    return new Set(metas.flatMap((meta) => (meta === null ? [] : [meta.seed])));
  });
  const opening = new Map<string, Promise<void>>();
  let environment: Promise<string> | null = null;

  const execute: Execute = async (name, task, signal) => {
    const folder = folderOf(name);
    const meta = await folder.meta();
    if (meta === null) throw gone(name);
    return await supervise(folder, meta, await opener.layout(folder, meta, task.scratch), task, { signal });
  };
  const close = async (name: string) => await end(folderOf(name)).catch(typed);

  async function open(spec: SandboxSpec, signal?: AbortSignal): Promise<void> {
    const folder = folderOf(spec.name);
    if ((await folder.meta()) !== null) return;
    // What an opening that was cut off left; nothing of an agent's has run in it.
    await end(folder);
    try {
      await opener.open(folder, spec);
      signal?.throwIfAborted();
    } catch (error) {
      await end(folder);
      throw error;
    }
  }

  return {
    kind: 'bubblewrap',
    ...throughSupervisor(execute),
    ...throughArchives(execute, close),
    environment: async (instance) =>
      withRequirements(await (environment ??= digestOfPython(options.pythonEnv)), instance),

    async open(spec, signal) {
      const opened = opening.get(spec.name) ?? open(spec, signal);
      opening.set(spec.name, opened);
      await opened.finally(() => opening.delete(spec.name)).catch(typed);
    },

    close,

    async list() {
      const infos = await Promise.all((await folders(parent)).map((folder) => folder.info()));
      return infos.filter((info) => info !== null);
    },
  };
}

/** Ends everything of a sandbox, open, half-open or half-closed. */
async function end(folder: Folder): Promise<void> {
  const uid = await folder.uid();
  await folder.shut();
  const supervisor = await folder.supervisor();
  if (supervisor !== null) process.kill(supervisor, 'SIGKILL');
  await removeCgroup(folder.id);
  await folder.remove();
  if (uid !== null) await releaseUid(uid);
}

async function folders(parent: string): Promise<readonly Folder[]> {
  const names = await readdir(parent).catch(() => []);
  return names.map((name) => Folder.ofHash(parent, name));
}

/** Gives errors of the system a type; those that have one pass. */
function typed(error: unknown): never {
  if (error instanceof SteadfastError || (error instanceof Error && error.name === 'AbortError')) throw error;
  const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  const message = error instanceof Error ? error.message : String(error);
  throw new SteadfastError(full ? 'Sandbox.DiskFull' : 'Sandbox.Failed', message, { cause: error });
}
