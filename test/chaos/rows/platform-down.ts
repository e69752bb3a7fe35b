import { setTimeout as sleep } from 'node:timers/promises';
import { workflowRecovery } from '../histories.ts';
import { runRow } from '../session.ts';

/** Longer than a host may be silent for and than a rollout may work for: nothing of it may count against the run. */
const DOWN_MS = 35_000;

/** Every process at once, the Temporal server among them, as on a laptop that is closed. */
export const platformDown = runRow({
  name: 'platform-down',
  title: 'kill -9 of every process, all back after 35 s; a rollout may work for 20 s',
  tries: 20,
  short: 1,
  parallel: 2,
  run: { time_limit_seconds: 20 },
  async inject({ world, draws, at }) {
    await at(draws.next());
    const workers = world.names.filter((name) => name !== 'temporal');
    for (const name of workers) world.process(name).immortal = false;
    await Promise.all(world.names.map((name) => world.kill(name)));
    await sleep(DOWN_MS);
    await world.respawn('temporal');
    for (const name of workers) world.process(name).immortal = true;
    await Promise.all(workers.map((name) => world.respawn(name)));
    const backAt = Date.now();
    return (histories) => workflowRecovery(histories, backAt);
  },
});
