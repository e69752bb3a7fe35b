import { defineCommand } from 'citty';
import { RUN_ARGUMENT } from '../run-name.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';
import { updateRun } from '../updates.ts';

/** `steadfast drain RUN`: ends a run early, and keeps what it has. */
export const drainCommand = defineCommand({
  meta: {
    name: 'drain',
    description: 'End a run early: rollouts in flight finish, whole groups are trained on, no others begin',
  },
  args: { run: RUN_ARGUMENT },
  plugins: [strictOptions],
  async run({ args }) {
    await withClient(readEnvironment(), async (client) => {
      const run = await updateRun(client, args.run, 'drain');
      process.stdout.write(`run ${run} is draining; see: steadfast status ${run}\n`);
    });
  },
});
