import { type ArgsDef, defineCommand } from 'citty';
import { createFolderArtifacts } from '../../adapters/artifacts/folder.ts';
import { fileSafe } from '../../domain/ids.ts';
import { checkStart } from '../check-start.ts';
import { interruptSignal } from '../detach.ts';
import { UsageError } from '../errors.ts';
import { findRun } from '../find-run.ts';
import { comeBackTo, followToEnd, leaveToItself } from '../follow-to-end.ts';
import { withNewRun } from '../new-run.ts';
import { createOutput } from '../output.ts';
import { waitingLine } from '../platform.ts';
import { checkBeforeStart, makeInput, readEnvironment } from '../run-input.ts';
import { runOptions } from '../run-options.ts';
import { newRunName } from '../start-run.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

const args: ArgsDef = {
  ...runOptions(),
  config: { type: 'string', valueHint: 'file', description: 'JSON config; explicit options go over it' },
  json: {
    type: 'boolean',
    description:
      "Print NDJSON: a line as each rollout ends, and one for the run; with --detach the run's name",
  },
  detach: { type: 'boolean', description: 'Start the run and return at once' },
  attach: { type: 'string', valueHint: 'run', description: 'Follow a run that was started before' },
};

/** `steadfast run`: one run of inference or training. */
export const runCommand = defineCommand({
  meta: { name: 'run', description: 'Roll out, grade and, in train mode, train' },
  args,
  plugins: [strictOptions],
  async run({ args: given }) {
    const json = given['json'] === true;
    const output = createOutput({ json });
    const config = readEnvironment();
    const artifacts = createFolderArtifacts(config.store);
    const follow = { artifacts, output, json, waiting: waitingLine(config) };
    const attach = given['attach'];
    if (typeof attach === 'string') {
      refuseBeside(given, 'attach', ['json']);
      await withClient(config, async (client) => {
        const { workflowId } = await findRun(client, attach);
        const run = fileSafe(workflowId);
        const signal = interruptSignal();
        await followToEnd({ ...follow, client, workflowId, run, signal }, comeBackTo(run));
      });
      return;
    }
    const input = await makeInput({ args: given, config, cwd: process.cwd() });
    const run = typeof input['run'] === 'string' ? input['run'] : newRunName('run');
    await checkBeforeStart(input, run);
    await checkStart(artifacts, input);
    await withNewRun({ config, artifacts, output, run, input }, async (client, signal) => {
      if (given['detach'] === true) leaveToItself(run, output, json);
      else await followToEnd({ ...follow, client, workflowId: run, run, signal }, comeBackTo(run));
    });
  },
});

/** An option that stands for a whole command line takes only some others beside it. */
function refuseBeside(
  given: Readonly<Record<string, unknown>>,
  option: string,
  allowed: readonly string[],
): void {
  for (const name of Object.keys(args)) {
    if (name === option || allowed.includes(name) || given[name] === undefined) continue;
    throw new UsageError(`--${name} has no meaning beside --${option}`);
  }
}
