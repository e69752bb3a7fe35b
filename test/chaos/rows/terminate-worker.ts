import { activityRecovery, workflowRecovery } from '../histories.ts';
import { runRow } from '../session.ts';

/** SIGTERM of one worker, which has its grace to end. */
export const terminateWorker = runRow({
  name: 'terminate-worker',
  title: 'SIGTERM of a worker, with grace',
  tries: 50,
  short: 1,
  parallel: 2,
  async inject({ world, draws, at }) {
    const name = draws.pick(['sandbox-a', 'sandbox-a', 'model', 'records', 'workflows']);
    await at(draws.next());
    const askedAt = Date.now();
    await world.terminate(name);
    await world.respawn(name);
    return (histories) =>
      name === 'workflows' ? workflowRecovery(histories, askedAt) : activityRecovery(histories, askedAt);
  },
});
