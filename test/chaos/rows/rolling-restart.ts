import { packageRoot } from '../../../src/local/setup/paths.mjs';
import { otherBuild } from '../builds.ts';
import { runRow } from '../session.ts';
import type { ChaosWorld } from '../world.ts';

/** Worlds whose workers are of the other build now. */
const upgraded = new WeakSet<ChaosWorld>();

/** Every worker is restarted, one after another, with another build; each try turns to the build of the try before. */
export const rollingRestart = runRow({
  name: 'rolling-restart',
  title: 'rolling restart of every worker with a new build',
  tries: 50,
  short: 1,
  parallel: 2,
  async inject({ world, draws, at }) {
    world.useBuild(upgraded.has(world) ? packageRoot : await otherBuild(world));
    if (!upgraded.delete(world)) upgraded.add(world);
    await at(draws.next() / 2);
    for (const name of world.names.filter((one) => one !== 'temporal')) {
      await world.terminate(name);
      await world.respawn(name);
    }
    return null;
  },
});
