import { defineCommand } from 'citty';
import { fileSafe } from '../../domain/ids.ts';
import { listRuns } from '../find-run.ts';
import { duration } from '../progress-line.ts';
import { listing } from '../results-table.ts';
import { readEnvironment } from '../run-input.ts';
import { statusWord } from '../status-word.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

/** `steadfast ls`: the runs that the server knows. */
export const lsCommand = defineCommand({
  meta: { name: 'ls', description: 'List the runs, the newest first' },
  plugins: [strictOptions],
  async run() {
    await withClient(readEnvironment(), async (client) => {
      const runs = await listRuns(client);
      if (runs.length === 0) {
        process.stdout.write('no runs yet; steadfast run --help says how to start one\n');
        return;
      }
      const rows = runs.map((info) => [
        fileSafe(info.workflowId),
        statusWord(info.status.name),
        info.startTime.toISOString().slice(0, 19).replace('T', ' '),
        duration(((info.closeTime ?? new Date()).getTime() - info.startTime.getTime()) / 1000),
      ]);
      process.stdout.write(`${listing([['RUN', 'STATUS', 'STARTED (UTC)', 'TOOK'], ...rows])}\n`);
    });
  },
});
