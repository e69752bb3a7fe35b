import { defineCommand } from 'citty';
import { RUN_ARGUMENT } from '../run-name.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';
import { updateRun } from '../updates.ts';

/** `steadfast pause RUN`: nothing new begins until it is resumed. */
export const pauseCommand = defineCommand({
  meta: { name: 'pause', description: 'Hold a run: what has begun is finished, nothing new begins' },
  args: {
    run: RUN_ARGUMENT,
    reason: { type: 'string', valueHint: 'text', description: 'Shown by steadfast status and in the Web UI' },
  },
  plugins: [strictOptions],
  async run({ args }) {
    await withClient(readEnvironment(), async (client) => {
      const given = args.reason === undefined ? {} : { reason: args.reason };
      const run = await updateRun(client, args.run, 'pause', given);
      process.stdout.write(`run ${run} is held; let it go on with: steadfast resume ${run}\n`);
    });
  },
});
