import { type ArgsDef, defineCommand } from 'citty';
import { parseVerifyConfig, verifyConfigJsonSchema } from '../../schemas/verify-config.ts';
import { interruptSignal } from '../detach.ts';
import { told } from '../errors.ts';
import { followVerify } from '../follow-verify.ts';
import { createOutput } from '../output.ts';
import { ensureReady, waitingLine } from '../platform.ts';
import { readEnvironment } from '../run-input.ts';
import { RUN_ARGUMENT } from '../run-name.ts';
import { inputBySchema, schemaOptions } from '../schema-options.ts';
import { startVerify } from '../start-verify.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

const POSITIONAL: ReadonlySet<string> = new Set(['run']);

const args: ArgsDef = {
  run: RUN_ARGUMENT,
  ...schemaOptions(verifyConfigJsonSchema(), POSITIONAL),
  json: { type: 'boolean', description: 'Print NDJSON: a line for each that does not agree, and a summary' },
};

/** `steadfast verify RUN`: grades a run's trajectories again from their stored patches. */
export const verifyCommand = defineCommand({
  meta: {
    name: 'verify',
    description: 'Grade the scored trajectories of a run again from their stored patches, and compare',
  },
  args,
  plugins: [strictOptions],
  async run({ args: given }) {
    const config = readEnvironment();
    const json = given['json'] === true;
    const output = createOutput({ json });
    const input = {
      run: String(given['run']),
      ...inputBySchema(verifyConfigJsonSchema(), POSITIONAL, given),
    };
    checkInput(input);
    await ensureReady(config, output.say);
    await withClient(config, async (client) => {
      const { workflowId, attached } = await startVerify(client, input);
      output.say(`${attached ? 'attached to' : 'started'} ${workflowId}`);
      await followVerify({
        client,
        workflowId,
        store: config.store,
        output,
        json,
        signal: interruptSignal(),
        waiting: waitingLine(config),
      });
    });
  },
});

/** Refuses a bad input before anything is started; the workflow checks it again by the same code. */
function checkInput(input: Readonly<Record<string, unknown>>): void {
  try {
    parseVerifyConfig(input, 1);
  } catch (error) {
    throw told(error);
  }
}
