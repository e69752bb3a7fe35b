import { setTimeout as sleep } from 'node:timers/promises';
import { activityRecovery, workflowRecovery } from '../histories.ts';
import { runRow } from '../session.ts';
import { TWO_HOSTS } from '../worlds.ts';

/** Twice the heartbeat timeout of the suite's runs. */
const FROZEN_MS = 4000;

/** A worker is frozen until it counts as dead, then goes on as if nothing had been: its late answers must count for nothing. */
export const freezeWorker = runRow({
  name: 'freeze-worker',
  title: 'SIGSTOP of a worker for twice the heartbeat timeout, then SIGCONT',
  tries: 100,
  short: 2,
  parallel: 2,
  world: TWO_HOSTS,
  async inject({ world, draws, at }) {
    const name = draws.pick([
      'sandbox-a',
      'sandbox-b',
      'sandbox-a',
      'sandbox-b',
      'model',
      'records',
      'workflows',
    ]);
    await at(draws.next());
    const frozenAt = Date.now();
    world.stop(name);
    await sleep(FROZEN_MS);
    world.cont(name);
    return (histories) => {
      const recovery = name === 'workflows' ? workflowRecovery : activityRecovery;
      const waited = recovery(histories, frozenAt);
      // An attempt that was handed out while it was frozen begins with the thaw.
      return waited === null ? null : Math.max(0, waited - FROZEN_MS / 1000);
    };
  },
});
