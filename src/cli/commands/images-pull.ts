import { type ArgsDef, defineCommand } from 'citty';
import { SteadfastError } from '../../domain/failures.ts';
import { parsePullConfig, pullConfigJsonSchema } from '../../schemas/pull-config.ts';
import { absoluteData } from '../data-path.ts';
import { interruptSignal } from '../detach.ts';
import { CommandError, UsageError } from '../errors.ts';
import { followPull } from '../follow-pull.ts';
import { createOutput } from '../output.ts';
import { ensureReady } from '../platform.ts';
import { readEnvironment } from '../run-input.ts';
import { inputBySchema, schemaOptions } from '../schema-options.ts';
import { startPull } from '../start-pull.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

const ALL: ReadonlySet<string> = new Set();

const args: ArgsDef = {
  ...schemaOptions(pullConfigJsonSchema(), ALL),
  json: { type: 'boolean', description: 'Print how it ended as one line of JSON' },
};

/** `steadfast images pull`: starts the workflow that pulls a host's images ahead, or attaches to it. */
export const imagesPullCommand = defineCommand({
  meta: { name: 'pull', description: 'Pull the images of a data set ahead, within a rate and a disk budget' },
  args,
  plugins: [strictOptions],
  async run({ args: given }) {
    if (given['data'] === undefined) throw new UsageError('--data is missing');
    const config = readEnvironment();
    const json = given['json'] === true;
    const output = createOutput({ json });
    const input = inputOf(given);
    input['data'] = await absoluteData(String(input['data']), process.cwd());
    await ensureReady(config, output.say);
    await withClient(config, async (client) => {
      const { workflowId, attached } = await startPull(client, config, input);
      output.say(`${attached ? 'attached to' : 'started'} ${workflowId}`);
      await followPull({ client, workflowId, output, json, signal: interruptSignal() });
    });
  },
});

/** The workflow's input, checked before anything is started; the workflow checks it again by the same code. */
function inputOf(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const input = inputBySchema(pullConfigJsonSchema(), ALL, given);
  try {
    parsePullConfig(input);
    return input;
  } catch (error) {
    if (error instanceof SteadfastError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}
