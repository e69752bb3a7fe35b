import { defineCommand } from 'citty';
import { ScheduleNotFoundError } from '@temporalio/client';
import { CommandError } from '../errors.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

/** `steadfast nightly delete NAME`: ends a schedule, not the run that it started. */
export const nightlyDeleteCommand = defineCommand({
  meta: { name: 'delete', description: 'Delete a schedule; a run that it started goes on' },
  args: { name: { type: 'positional', required: true, description: 'Name of the schedule' } },
  plugins: [strictOptions],
  async run({ args }) {
    await withClient(readEnvironment(), async (client) => {
      await client.schedule
        .getHandle(args.name)
        .delete()
        .catch((error: unknown) => {
          if (!(error instanceof ScheduleNotFoundError)) throw error;
          throw new CommandError(
            `there is no schedule ${JSON.stringify(args.name)}; steadfast nightly list lists them`,
            { cause: error },
          );
        });
      process.stdout.write(`deleted ${args.name}\n`);
    });
  },
});
