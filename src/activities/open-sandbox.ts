import { SteadfastError } from '../domain/failures.ts';
import { hostQueue, sandboxName } from '../domain/ids.ts';
import { dataHidesTests, type Instance } from '../domain/instance.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Datasets } from '../ports/datasets.ts';
import type { SandboxLimits } from '../ports/sandbox.ts';
import type { HostActivities, OpenInput, SandboxActivities } from './contract-sandbox.ts';
import { closeEarlier, readState } from './earlier-epochs.ts';
import { healthOf, limitsFor } from './grading/health.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { hiddenTests } from './hidden-tests.ts';
import type { Sandboxes } from './sandboxes.ts';
import { readConfig, readInstance } from './stored.ts';

export interface SandboxDeps {
  readonly artifacts: Artifacts;
  readonly datasets: Datasets;
  readonly sandboxes: Sandboxes;
  /** Name of this host in task queues. */
  readonly host: string;
  readonly limits: SandboxLimits;
}

/** The activities that open and close the sandboxes of rollouts on this host. */
export function createSandboxActivities(
  deps: SandboxDeps,
): Pick<SandboxActivities, 'openSandbox'> & Pick<HostActivities, 'closeSandbox'> {
  const { artifacts, datasets, sandboxes, host, limits } = deps;

  /**
   * The sandbox has a name of its own for each epoch, so a retry on this host adopts what an earlier attempt left, and asks
   * for the restoring again: whether that attempt was cut off before, in or after it cannot be told. The sandbox does it
   * once, like a command of which the result is kept, so an attempt that was frozen and comes back when commands have run
   * there undoes none of them. Its own clock keeps it, besides, from closing what the attempt after it has opened.
   */
  async function openSandbox(input: OpenInput): Promise<{ hostQueue: string; environment: string }> {
    return await heartbeatWhile(async (signal, isCurrent) => {
      const name = sandboxName(input.rollout, input.epoch);
      const sandbox = await sandboxes.choose(input.sandbox);
      const instance = await readInstance(artifacts, input.instance.ref);
      const environment = await sandbox.environment(instance, { pinned: input.environment, signal });
      const tree = await datasets.prepareTree(instance, 'bugged');
      const requirements = await datasets.prepareRequirements(instance);
      const hidden = await hiddenFor(input, instance);
      const archive = await readState(input, artifacts, sandbox);
      await closeEarlier(input, await sandboxes.all());
      try {
        const { run, deadline } = input;
        const health = await healthOf(artifacts, input.instance.ref, environment);
        const given = limitsFor(limits, health);
        const spec = {
          name,
          run,
          instance,
          environment,
          tree,
          requirements,
          hidden,
          limits: given,
          deadline,
        };
        await sandbox.open(spec, signal);
        if (!isCurrent()) throw new SteadfastError('Sandbox.Failed', `${name} was opened too late`);
        if (archive !== null) await sandbox.restore(name, archive);
      } catch (error) {
        // The next attempt may come to another host, and nobody would look for the remains here. One that has begun
        // already may be using the sandbox, which is left to the host's reaper then.
        if (isCurrent()) await sandbox.close(name).catch(() => undefined);
        throw error;
      }
      return { hostQueue: hostQueue(host), environment };
    });
  }

  async function hiddenFor({ config }: OpenInput, instance: Instance): Promise<readonly string[]> {
    if (config === undefined) return [];
    const asked = (await readConfig(artifacts, config)).hideTests;
    return asked || dataHidesTests(instance) ? hiddenTests(instance) : [];
  }

  /** Closes wherever the sandbox may be; one adapter that does not answer keeps no other from closing. */
  async function closeSandbox(input: { readonly rollout: string; readonly epoch: number }): Promise<void> {
    await heartbeatWhile(async () => {
      const name = sandboxName(input.rollout, input.epoch);
      const adapters = await sandboxes.all();
      const closed = await Promise.allSettled(adapters.map((sandbox) => sandbox.close(name)));
      const failed = closed.filter((result) => result.status === 'rejected');
      if (failed.length === 0) return;
      const [first] = failed;
      if (failed.length === 1 && first?.reason instanceof SteadfastError) throw first.reason;
      const reasons = failed.map(({ reason }) => String(reason)).join('; ');
      throw new SteadfastError('Sandbox.Failed', `the sandbox ${name} was not closed: ${reasons}`);
    });
  }

  return { openSandbox, closeSandbox };
}
