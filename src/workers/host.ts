import { availableParallelism, hostname, totalmem } from 'node:os';
import type { Config } from '../config.ts';
import { fileSafe } from '../domain/ids.ts';
import type { SandboxLimits } from '../ports/sandbox.ts';

const GIB = 1024 ** 3;

/** Most of a rollout its sandbox idles while the model writes, so a core carries many. */
const SLOTS_PER_CORE = 16;
/** What a sandbox takes on average, gradings included; its limit is higher. */
const BYTES_PER_SLOT = GIB / 2;
/** Rollouts that a run has in flight unless told: commands and test runs of this many share the cores well. */
const ROLLOUTS_PER_CORE = 4;

/** The name of this host in task queues. */
export function hostName(config: Config): string {
  return fileSafe(config.host ?? hostname());
}

/** Rollouts that this host holds at most. */
export function hostSlots(config: Config): number {
  const byMemory = Math.floor((totalmem() * 0.8) / BYTES_PER_SLOT);
  return config.sandboxSlots ?? Math.max(1, Math.min(availableParallelism() * SLOTS_PER_CORE, byMemory));
}

/** Rollouts in flight of a run whose configuration does not say. */
export function machineConcurrency(config: Config): number {
  return Math.min(hostSlots(config), availableParallelism() * ROLLOUTS_PER_CORE);
}

/** Limits of one sandbox: room for a test suite, none for the neighbours'. */
export function sandboxLimits(): SandboxLimits {
  return { memoryBytes: 2 * GIB, pids: 256, cpus: Math.min(2, availableParallelism()), diskBytes: GIB / 2 };
}
