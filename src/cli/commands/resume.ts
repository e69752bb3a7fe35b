import { defineCommand } from 'citty';
import { RUN_ARGUMENT } from '../run-name.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';
import { updateRun } from '../updates.ts';

/** `steadfast resume RUN`: lets a held run go on. */
export const resumeCommand = defineCommand({
  meta: { name: 'resume', description: 'Let a held run go on, whoever or whatever held it' },
  args: { run: RUN_ARGUMENT },
  plugins: [strictOptions],
  async run({ args }) {
    await withClient(readEnvironment(), async (client) => {
      const run = await updateRun(client, args.run, 'resume');
      process.stdout.write(`run ${run} goes on\n`);
    });
  },
});
