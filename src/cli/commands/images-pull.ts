import { type ArgsDef, defineCommand } from 'citty';
import { absoluteData } from '../data-path.ts';
import { interruptSignal } from '../detach.ts';
import { UsageError } from '../errors.ts';
import { followPull } from '../follow-pull.ts';
import { createOutput } from '../output.ts';
import { ensureReady, waitingLine } from '../platform.ts';
import { pullInput, pullOptions } from '../pull-input.ts';
import { readEnvironment } from '../run-input.ts';
import { startPull } from '../start-pull.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

const args: ArgsDef = {
  ...pullOptions(),
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
    const input = pullInput(given);
    input['data'] = await absoluteData(String(input['data']), process.cwd());
    await ensureReady(config, output.say);
    await withClient(config, async (client) => {
      const { workflowId, attached } = await startPull(client, config, input);
      output.say(`${attached ? 'attached to' : 'started'} ${workflowId}`);
      const waiting = waitingLine(config);
      await followPull({ client, workflowId, output, json, signal: interruptSignal(), waiting });
    });
  },
});
