import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import type { Datasets } from '../../../src/ports/datasets.ts';
import type { Sandbox, SandboxLimits } from '../../../src/ports/sandbox.ts';
import { adapter } from '../../integration/sandbox/host.ts';
import { examples, realDatasets } from '../../support/grading-world.ts';
import type { Host } from './attack.ts';
import { USUAL } from './scripts.ts';

/** Those of a small rollout: every limit is reached in seconds. */
export const LIMITS: SandboxLimits = {
  memoryBytes: 512 * 2 ** 20,
  pids: 128,
  cpus: 1,
  diskBytes: 128 * 2 ** 20,
};

/** Everything that attacks are tried with, for real. */
export interface World {
  readonly sandbox: Sandbox;
  readonly datasets: Datasets;
  readonly artifacts: Artifacts;
  readonly instances: readonly Instance[];
  readonly host: Host;
  /** A name for a sandbox that nobody has. */
  name(): string;
  close(): Promise<void>;
}

/** A host with a secret in its environment and its files, an open port, and another rollout at work. */
export async function openWorld(kind: Sandbox['kind']): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'steadfast-attacks-'));
  const secret = `sk-${randomUUID()}`;
  process.env['OPENAI_API_KEY'] = secret;
  await writeFile(join(folder, 'secret.txt'), secret);
  const server = createServer((socket) => socket.end('GOT the host\n'));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const sandbox = adapter(kind, join(folder, 'state'));
  const datasets = realDatasets();
  const instances = await examples();
  let made = 0;
  const name = (): string => `attacks-${secret.slice(3, 11)}/${made++}`;
  const neighbour = name();
  const world: World = {
    sandbox,
    datasets,
    artifacts: createFolderArtifacts(join(folder, 'store')),
    instances,
    host: { secret, port: (server.address() as AddressInfo).port, folder },
    name,
    async close() {
      await sandbox.close(neighbour);
      server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  try {
    await openFor(world, neighbour, instanceOf(world, USUAL));
    await sandbox.writeFile(neighbour, '/testbed/secret.txt', secret);
    await sandbox.writeFile(neighbour, '/tmp/secret.txt', secret);
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

/** The example whose id ends so. */
export function instanceOf(world: World, ending: string): Instance {
  const found = world.instances.find(({ instanceId }) => instanceId.endsWith(ending));
  if (found === undefined) throw new Error(`no example ends in ${ending}`);
  return found;
}

/** Opens a sandbox as a rollout of that instance has it. */
export async function openFor(world: World, name: string, instance: Instance): Promise<void> {
  await world.sandbox.open({
    name,
    run: 'attacks',
    instance,
    tree: await world.datasets.prepareTree(instance, 'bugged'),
    requirements: await world.datasets.prepareRequirements(instance),
    limits: LIMITS,
    deadline: new Date(Date.now() + 600_000).toISOString(),
  });
}
