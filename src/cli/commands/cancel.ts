import { defineCommand } from 'citty';
import { fileSafe } from '../../domain/ids.ts';
import { CommandError } from '../errors.ts';
import { findRun } from '../find-run.ts';
import { RUN_ARGUMENT } from '../run-name.ts';
import { readEnvironment } from '../run-input.ts';
import { statusWord } from '../status-word.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

/** `steadfast cancel RUN`: ends a run in order, its sandboxes closed. */
export const cancelCommand = defineCommand({
  meta: {
    name: 'cancel',
    description: 'End a run in order: its rollouts are recorded and its sandboxes closed',
  },
  args: { run: RUN_ARGUMENT },
  plugins: [strictOptions],
  async run({ args }) {
    await withClient(readEnvironment(), async (client) => {
      const info = await findRun(client, args.run);
      const run = fileSafe(info.workflowId);
      if (info.status.name !== 'RUNNING') {
        throw new CommandError(`run ${run} is over already: ${statusWord(info.status.name)}`);
      }
      await client.workflow.getHandle(info.workflowId).cancel();
      process.stdout.write(`run ${run} is asked to end; see: steadfast status ${run}\n`);
    });
  },
});
