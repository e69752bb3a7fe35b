import { workflowRecovery } from '../histories.ts';
import { runRow } from '../session.ts';

/** SIGKILL of the worker whose cache holds the workflows. */
export const killWorkflowWorker = runRow({
  name: 'kill-workflow-worker',
  title: 'SIGKILL of the workflow worker that owns the cache',
  tries: 100,
  short: 2,
  parallel: 2,
  async inject({ world, draws, at }) {
    await at(draws.next());
    const killedAt = Date.now();
    await world.kill('workflows');
    await world.respawn('workflows');
    return (histories) => workflowRecovery(histories, killedAt);
  },
});
