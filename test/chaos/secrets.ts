import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventsOf, workflowsOf } from './histories.ts';
import type { ChaosWorld } from './world.ts';

/** I8: where the secrets of the workers' environment turn up: in any file of the world, its database and logs included. */
export async function secretsInFiles(world: ChaosWorld): Promise<readonly string[]> {
  // Exit code 1: nothing found. Files of sandboxes may go while it looks.
  const { stdout } = await promisify(execFile)('grep', ['-rlaFs', world.canary, world.root], {
    maxBuffer: 1 << 24,
  }).catch((error: unknown) => error as { stdout?: string });
  return (stdout ?? '').split('\n').filter((line) => line !== '');
}

/** I8: whether a run's histories hold a secret. */
export async function secretsInHistories(world: ChaosWorld, run: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { workflowId } of await workflowsOf(world, run)) {
    const texts = textsOf(await eventsOf(world, workflowId));
    if (texts.some((text) => text.includes(world.canary))) found.push(`history of ${workflowId}`);
  }
  return found;
}

/** Every string and payload below a value. */
function textsOf(node: unknown): readonly string[] {
  if (typeof node === 'string') return [node];
  if (node instanceof Uint8Array) return [Buffer.from(node).toString('utf8')];
  if (node === null || typeof node !== 'object') return [];
  return Object.values(node).flatMap(textsOf);
}
