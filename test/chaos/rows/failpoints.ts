import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { activityRecovery } from '../histories.ts';
import { type RunRow, runRow } from '../session.ts';

const MOMENTS = {
  'tool.before': "before a tool's effect",
  'tool.after': "after a tool's effect",
  'tool.report': "before a tool's report",
  'artifact.write': 'during an artifact write',
  'sandbox.create': 'before a sandbox is made',
  'sandbox.created': 'between the making of a sandbox and the reply',
  'snapshot.stored': 'after a snapshot is stored',
} as const;

/** SIGKILL of the worker at a named moment. */
export const failpointRows: readonly RunRow[] = Object.entries(MOMENTS).map(([failpoint, when]) =>
  runRow({
    name: `failpoint-${failpoint}`,
    title: `worker killed ${when}`,
    tries: 25,
    short: 1,
    parallel: 2,
    async inject({ world, run, draws, at }) {
      // Openings come first; of the other moments any may be the one.
      await at(failpoint.startsWith('sandbox.') ? 0 : draws.between(0, 0.2));
      await world.armFailpoint(failpoint, 'kill');
      const armed = join(world.failpoints, failpoint);
      const ended = run.closed().then(
        () => true,
        () => true,
      );
      while (existsSync(armed)) {
        if (!(await Promise.race([ended, sleep(5, false)]))) continue;
        await rm(armed, { force: true });
        return `the failpoint ${failpoint} was not reached`;
      }
      const firedAt = Date.now();
      return (histories) => activityRecovery(histories, firedAt);
    },
  }),
);
