import { defineCommand } from 'citty';
import { RUN_ARGUMENT } from '../run-name.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';
import { cancelRun } from '../updates.ts';

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
      const run = await cancelRun(client, args.run);
      process.stdout.write(`run ${run} is asked to end; see: steadfast status ${run}\n`);
    });
  },
});
