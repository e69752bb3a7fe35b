import { mkdtempSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { activityRecovery } from '../histories.ts';
import type { Row, RowSession } from '../row.ts';
import { type Injected, type Scene, runRow } from '../session.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { ChaosWorld } from '../world.ts';

interface Place {
  readonly world: ChaosWorld;
  readonly disk: SmallDisk;
}

/** A disk that is full for a while in the middle of a run; the run goes on once there is room. */
export const diskRows: readonly Row[] = [
  diskRow('disk-artifacts', 'disk full: artifacts', async () => {
    const world = await ChaosWorld.start();
    return { world, disk: await SmallDisk.mount(world.store) };
  }),
  diskRow('disk-sandboxes', 'disk full: sandboxes', async () => {
    const world = await ChaosWorld.start();
    return { world, disk: await SmallDisk.mount(join(world.root, 'home-a')) };
  }),
  diskRow('disk-database', "disk full: Temporal's database", async () => {
    const disk = await SmallDisk.mount(mkdtempSync(join(tmpdir(), 'steadfast-database-')));
    await mkdir(join(disk.path, 'temporal'));
    return { world: await ChaosWorld.start({ env: { STEADFAST_HOME: disk.path } }), disk };
  }),
];

function diskRow(name: string, title: string, place: () => Promise<Place>): Row {
  return { name, title, tries: 20, short: 1, open: async () => await openOn(name, title, await place()) };
}

async function openOn(name: string, title: string, { world, disk }: Place): Promise<RowSession> {
  const spec = { name, title, tries: 20, short: 1, inject: async (scene: Scene) => await fill(scene, disk) };
  const session = await runRow(spec).openIn(world);
  return {
    attempt: session.attempt.bind(session),
    async close() {
      await session.close();
      // Its folder cannot go while a file system is mounted in it.
      await world.close(true);
      await disk.unmount();
      for (const path of [disk.path, world.root]) {
        await rm(path, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  };
}

async function fill({ world, draws, at }: Scene, disk: SmallDisk): Promise<Injected> {
  await at(draws.next());
  await disk.fill();
  await sleep(draws.between(200, 5000));
  await disk.free();
  const freeAt = Date.now();
  // Whoever watches over the server starts it again, should it have ended.
  await world.respawn('temporal');
  return (histories) => activityRecovery(histories, freeAt);
}
