import { activityRecovery } from '../histories.ts';
import { runRow } from '../session.ts';

/** SIGKILL of a worker that carries out activities. */
export const killActivityWorker = runRow({
  name: 'kill-activity-worker',
  title: 'SIGKILL of an activity worker at a random time of a rollout',
  tries: 300,
  short: 3,
  parallel: 2,
  async inject({ world, draws, at }) {
    // The sandbox worker does most of the work, and has most to lose.
    const name = draws.pick(['sandbox-a', 'sandbox-a', 'sandbox-a', 'model', 'records']);
    await at(draws.next());
    const killedAt = Date.now();
    await world.kill(name);
    await world.respawn(name);
    return (histories) => activityRecovery(histories, killedAt);
  },
});
