import { defineCommand } from 'citty';
import { TRAIN } from '../find-run.ts';
import { listing } from '../results-table.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

/** `steadfast nightly list`: the schedules that start runs. */
export const nightlyListCommand = defineCommand({
  meta: { name: 'list', description: 'List the schedules that start runs' },
  plugins: [strictOptions],
  async run() {
    await withClient(readEnvironment(), async (client) => {
      const rows: string[][] = [];
      for await (const schedule of client.schedule.list()) {
        if (schedule.action?.workflowType !== TRAIN) continue;
        const { info, state } = await client.schedule.getHandle(schedule.scheduleId).describe();
        const last = info.recentActions.at(-1);
        rows.push([
          schedule.scheduleId,
          state.paused ? 'paused' : minute(info.nextActionTimes[0]),
          minute(last?.takenAt),
          last?.action.type === 'startWorkflow' ? last.action.workflow.workflowId : '–',
          String(info.numActionsTaken),
          String(info.numActionsSkippedOverlap),
        ]);
      }
      const head = ['NAME', 'NEXT (UTC)', 'LAST (UTC)', 'LAST RUN', 'STARTED', 'SKIPPED'];
      const none = 'no schedules; steadfast nightly create --help says how to make one';
      process.stdout.write(`${rows.length === 0 ? none : listing([head, ...rows])}\n`);
    });
  },
});

function minute(time: Date | undefined): string {
  return time === undefined ? '–' : time.toISOString().slice(0, 16).replace('T', ' ');
}
