import { TASK_QUEUES } from '../domain/ids.ts';
import { clientOf, isRunning } from './ask-server.ts';
import { recordActivities } from './deps.ts';
import { historyServerOf } from './reaper/history-server.ts';
import { everySoOften } from './reaper/loop.ts';
import { RECORDS_EVERY_MS, RecordsReaper } from './reaper/records.ts';
import { hire, type RoleContext, type Staff } from './staff.ts';

/** The worker of records, and the reaper that writes those which rollouts could not. */
export async function recordsStaff(context: RoleContext): Promise<Staff> {
  const { config, deps, logger, searchable } = context;
  const client = clientOf(context);
  const worker = await hire(context, {
    taskQueue: TASK_QUEUES.records,
    activities: recordActivities(config, deps, {
      searchable,
      isRunning: async (id) => (await isRunning(client, id)) === true,
    }),
    // Small files: the disk is the limit.
    maxConcurrentActivityTaskExecutions: 32,
  });
  const reaper = new RecordsReaper({ server: historyServerOf(client), artifacts: deps.artifacts, logger });
  const stop = everySoOften('records reaper', RECORDS_EVERY_MS, () => reaper.look(), logger);
  return { workers: [worker], stop };
}
