import { setTimeout as sleep } from 'node:timers/promises';
import { workflowRecovery } from '../histories.ts';
import { runRow } from '../session.ts';

/** kill -9 of the Temporal server, which is away for one to thirty seconds, mostly for few. */
export const killTemporal = runRow({
  name: 'kill-temporal',
  title: 'kill -9 of the Temporal server, back after 1 to 30 s',
  tries: 50,
  short: 1,
  parallel: 2,
  async inject({ world, draws, at }) {
    await at(draws.next());
    await world.kill('temporal');
    await sleep(1000 + 29_000 * draws.next() ** 4);
    await world.respawn('temporal');
    const backAt = Date.now();
    return (histories) => workflowRecovery(histories, backAt);
  },
});
