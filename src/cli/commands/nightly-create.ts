import { type ArgsDef, defineCommand } from 'citty';
import { ScheduleAlreadyRunning } from '@temporalio/client';
import { createFolderArtifacts } from '../../adapters/artifacts/folder.ts';
import { refuseWithoutPolicyServer } from '../check-policy-server.ts';
import { checkStart } from '../check-start.ts';
import { CommandError, messageOf } from '../errors.ts';
import { checkNightly, scheduleOf, temporalCommand } from '../nightly.ts';
import { createOutput } from '../output.ts';
import { ensureReady } from '../platform.ts';
import { checkBeforeStart, makeInput, readEnvironment } from '../run-input.ts';
import { runOptions } from '../run-options.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

const { run: _, ...options } = runOptions();

const args: ArgsDef = {
  name: {
    type: 'string',
    valueHint: 'name',
    description: 'Name of the schedule; runs are named after it and the time (default: nightly)',
  },
  cron: { type: 'string', valueHint: 'cron', description: 'When to start (default: 0 2 * * *)' },
  'time-zone': {
    type: 'string',
    valueHint: 'zone',
    description: 'Time zone of the cron line (default: UTC)',
  },
  config: { type: 'string', valueHint: 'file', description: 'JSON config; explicit options go over it' },
  ...options,
};

/** `steadfast nightly create`: a schedule that starts `train`, and the `temporal` command that is equal to it. */
export const nightlyCreateCommand = defineCommand({
  meta: { name: 'create', description: 'Create a schedule; it fires while the platform is up' },
  args,
  plugins: [strictOptions],
  async run({ args: given }) {
    const config = readEnvironment();
    const nightly = {
      name: textOf(given['name'], 'nightly'),
      cron: textOf(given['cron'], '0 2 * * *'),
      timeZone: textOf(given['time-zone'], 'UTC'),
      input: await makeInput({ args: given, config, cwd: process.cwd() }),
    };
    checkNightly(nightly);
    await checkBeforeStart(nightly.input, nightly.name);
    const artifacts = createFolderArtifacts(config.store);
    await checkStart(artifacts, nightly.input);
    await ensureReady(config, createOutput({ json: false }).say);
    await refuseWithoutPolicyServer(config, artifacts, nightly.input);
    await withClient(config, async (client) => {
      const handle = await client.schedule.create(scheduleOf(nightly)).catch((error: unknown) => {
        throw refusal(error, nightly.name, nightly.cron);
      });
      const [next] = (await handle.describe()).info.nextActionTimes;
      process.stdout.write(`created ${nightly.name}; next run: ${next?.toISOString() ?? 'never'}\n`);
      process.stdout.write(`the same by Temporal's own command line:\n\n${temporalCommand(nightly)}\n`);
    });
  },
});

function textOf(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function refusal(error: unknown, name: string, cron: string): CommandError {
  if (error instanceof ScheduleAlreadyRunning) {
    return new CommandError(
      `there is a schedule ${name} already; choose another --name, or: steadfast nightly delete ${name}`,
      { cause: error },
    );
  }
  return new CommandError(
    `the schedule was refused, with the cron line ${JSON.stringify(cron)}: ${messageOf(error)}`,
    { cause: error },
  );
}
