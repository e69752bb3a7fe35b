import { SteadfastError } from '../domain/failures.ts';
import { hostQueue } from '../domain/ids.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Datasets } from '../ports/datasets.ts';
import type { SandboxLimits } from '../ports/sandbox.ts';
import type { HostActivities, SandboxActivities, SandboxInput } from './contract.ts';
import { heartbeatWhile } from './heartbeat.ts';
import type { Sandboxes } from './sandboxes.ts';
import { createSlots } from './slots.ts';
import { readInstance } from './stored.ts';

export interface SandboxDeps {
  readonly artifacts: Artifacts;
  readonly datasets: Datasets;
  readonly sandboxes: Sandboxes;
  /** Name of this host in task queues. */
  readonly host: string;
  readonly limits: SandboxLimits;
  /** Rollouts that this host holds at most. */
  readonly slots: number;
}

/** The activities that open and close the sandboxes of rollouts on this host. */
export function createSandboxActivities(
  deps: SandboxDeps,
): Pick<SandboxActivities, 'openSandbox'> & Pick<HostActivities, 'closeSandbox'> {
  const { artifacts, datasets, sandboxes, host, limits } = deps;
  const slots = createSlots(deps.slots);

  /** The sandbox is named after the rollout, so a retry on this host adopts what an earlier attempt left. */
  async function openSandbox(input: SandboxInput): Promise<{ hostQueue: string; environment: string }> {
    return await heartbeatWhile(async (signal) => {
      const sandbox = await sandboxes.choose(input.sandbox);
      const instance = await readInstance(artifacts, input.instance.ref);
      const environment = await sandbox.environment(instance);
      const tree = await datasets.prepareTree(instance, 'bugged');
      const taken = await slots.take(input.rollout, sandbox, signal);
      try {
        await sandbox.open({ name: input.rollout, run: input.run, instance, tree, limits }, signal);
      } catch (error) {
        // The next attempt may come to another host, and nobody would look for the remains here.
        await sandbox.close(input.rollout).catch(() => undefined);
        throw error;
      } finally {
        taken.release();
      }
      return { hostQueue: hostQueue(host), environment };
    });
  }

  /** Closes wherever the sandbox may be; one adapter that does not answer keeps no other from closing. */
  async function closeSandbox(input: { readonly rollout: string }): Promise<void> {
    await heartbeatWhile(async () => {
      const adapters = await sandboxes.all();
      const closed = await Promise.allSettled(adapters.map((sandbox) => sandbox.close(input.rollout)));
      const failed = closed.filter((result) => result.status === 'rejected');
      if (failed.length === 0) return;
      const [first] = failed;
      if (failed.length === 1 && first?.reason instanceof SteadfastError) throw first.reason;
      const reasons = failed.map(({ reason }) => String(reason)).join('; ');
      throw new SteadfastError('Sandbox.Failed', `the sandbox ${input.rollout} was not closed: ${reasons}`);
    });
  }

  return { openSandbox, closeSandbox };
}
