import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { SandboxLimits } from '../../../ports/sandbox.ts';

/** The cgroup of one sandbox, in each hierarchy that has it. */
export interface Cgroup {
  /** Files that a process writes itself into to join; the first one lists all members. */
  readonly joins: readonly string[];
  /** Files that may hold the count of OOM kills. */
  readonly oom: readonly string[];
}

const MOUNT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

/**
 * What all sandboxes together weigh, in processes: without it one, so that a busy host (a trainer on all cores) would
 * starve tests until they pass their limits.
 */
const WEIGHT = 4 * availableParallelism();

/** v1 has a hierarchy for each controller; v2 has one for all. */
function folders(id: string): { readonly version: 1 | 2; readonly folders: readonly string[] } {
  if (existsSync(`${MOUNT}/cgroup.controllers`)) {
    return { version: 2, folders: [`${MOUNT}/steadfast/${id}`] };
  }
  return { version: 1, folders: ['pids', 'memory', 'cpu'].map((one) => `${MOUNT}/${one}/steadfast/${id}`) };
}

/** Where a sandbox's cgroup is, whether or not it has been made. */
export function cgroupOf(id: string): Cgroup {
  const { folders: paths } = folders(id);
  return {
    joins: paths.map((path) => `${path}/cgroup.procs`),
    oom: paths.flatMap((path) => [`${path}/memory.events`, `${path}/memory.oom_control`]),
  };
}

/** Makes a sandbox's cgroup; what it writes to its file systems is charged to its memory, so the two add up. */
export async function makeCgroup(id: string, limits: SandboxLimits): Promise<void> {
  const { version, folders: paths } = folders(id);
  const memory = String(limits.memoryBytes + limits.diskBytes);
  const quota = Math.max(1000, Math.round(limits.cpus * PERIOD_US));
  if (version === 2) {
    const [path] = paths;
    for (const parent of [MOUNT, `${MOUNT}/steadfast`]) {
      await mkdir(parent, { recursive: true });
      await set(`${parent}/cgroup.subtree_control`, '+memory +pids +cpu');
    }
    await mkdir(`${path}`, { recursive: true });
    await set(`${MOUNT}/steadfast/cpu.weight`, String(Math.min(10_000, 100 * WEIGHT)));
    await set(`${path}/memory.max`, memory);
    await set(`${path}/memory.swap.max`, '0').catch(ignoreMissing);
    await set(`${path}/pids.max`, String(limits.pids));
    await set(`${path}/cpu.max`, `${quota} ${PERIOD_US}`);
    return;
  }
  const [pids, memoryFolder, cpu] = paths;
  await Promise.all(paths.map((path) => mkdir(path, { recursive: true })));
  await Promise.all([
    set(`${pids}/pids.max`, String(limits.pids)),
    // Only after the memory limit may the limit of memory and swap together come down to it.
    set(`${memoryFolder}/memory.limit_in_bytes`, memory).then(() =>
      set(`${memoryFolder}/memory.memsw.limit_in_bytes`, memory).catch(ignoreMissing),
    ),
    set(`${cpu}/cpu.cfs_quota_us`, String(quota)),
    set(`${MOUNT}/cpu/steadfast/cpu.shares`, String(1024 * WEIGHT)),
  ]);
}

/** Writes a control file that must be there: without its controller the folder is a plain one, and limits nothing. */
async function set(path: string, value: string): Promise<void> {
  await writeFile(path, value, { flag: 'r+' });
}

/** Ends every process of a sandbox's cgroup and removes it; nothing happens when there is none. */
export async function removeCgroup(id: string): Promise<void> {
  for (const path of folders(id).folders) {
    // Processes that were forked meanwhile are met in the next round; their number is limited.
    for (let round = 0; round < 500 && existsSync(path); round++) {
      for (const pid of await members(path)) kill(pid);
      const removed = await rmdir(path).then(
        () => true,
        () => false,
      );
      if (!removed) await new Promise((resolve) => setTimeout(resolve, Math.min(2 + round, 20)));
    }
  }
}

/** Whether this process can make cgroups with all three limits. */
export async function canMakeCgroups(): Promise<boolean> {
  const id = `probe-${process.pid}`;
  try {
    await makeCgroup(id, { memoryBytes: 1 << 26, pids: 16, cpus: 1, diskBytes: 0 });
    return true;
  } catch {
    return false;
  } finally {
    await removeCgroup(id);
  }
}

async function members(path: string): Promise<readonly number[]> {
  const text = await readFile(`${path}/cgroup.procs`, 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
