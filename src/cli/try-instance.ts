import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ArgsDef } from 'citty';
import { createFolderArtifacts } from '../adapters/artifacts/folder.ts';
import type { AdvantageKind } from '../domain/advantage.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { nearestName } from '../schemas/nearest.ts';
import { createConversations } from './conversations.ts';
import { interruptSignal } from './detach.ts';
import { CommandError } from './errors.ts';
import { followRun } from './follow.ts';
import { comeBackTo, failureOf } from './follow-to-end.ts';
import { groupTable } from './group-table.ts';
import { createOutput } from './output.ts';
import { PACKAGE_ROOT, SHIPPED } from './package-files.ts';
import { ensureReady } from './platform.ts';
import { checkBeforeStart, makeInput, readEnvironment } from './run-input.ts';
import { runOptions } from './run-options.ts';
import { newRunName, startRun } from './start-run.ts';
import { webAddress, withClient } from './temporal-client.ts';
import { createTrajectoryReader } from './trajectory-lines.ts';

/** Options that mean nothing for a single instance that is not trained on. */
const NOT_HERE = [
  'mode',
  'num-instances',
  'batch-size',
  'epochs',
  'shuffle',
  'run',
  'learning-rate',
  'lora-rank',
  'loss',
  'importance',
  'clip-low',
  'clip-high',
  'kl-coefficient',
];

/** The options of `steadfast try`. */
export function tryOptions(): ArgsDef {
  const options = Object.entries(runOptions()).filter(([name]) => !NOT_HERE.includes(name));
  return {
    instance: {
      type: 'string',
      valueHint: 'id',
      description: 'Instance to run (default: the first of the data)',
    },
    config: { type: 'string', valueHint: 'file', description: 'JSON config; explicit options go over it' },
    ...Object.fromEntries(options),
  };
}

/** Runs one instance in inference mode, prints what is said, and then rewards and advantages. */
export async function tryInstance(
  args: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
): Promise<void> {
  const config = readEnvironment();
  const output = createOutput({ json: false });
  const artifacts = createFolderArtifacts(config.store);
  const shipped = { data: resolve(PACKAGE_ROOT, SHIPPED.data), model: resolve(PACKAGE_ROOT, SHIPPED.policy) };
  const made = await makeInput({ args, config, cwd: process.cwd(), defaults: { ...shipped, ...own } });
  const { evaluation: _, run: __, ...rest } = made;
  const input: Record<string, unknown> = {
    quality_filter: false,
    ...rest,
    mode: 'inference',
    num_instances: 1,
  };
  if (own['rollouts_per_instance'] !== undefined) Object.assign(input, own);
  const run = newRunName('try');
  await checkBeforeStart(input, run);
  const { instance } = args;
  if (typeof instance === 'string') input['data'] = await pickInstance(artifacts, run, input, instance);
  await ensureReady(config, output.say);
  await withClient(config, async (client) => {
    const signal = interruptSignal();
    await startRun(client, artifacts, run, input);
    const web = webAddress(config, run);
    output.say(`run ${run}${web === null ? '' : `: ${web}`}`);
    const conversations = createConversations(client, artifacts, output, run);
    const onPoll = async () => await conversations.print();
    const followed = { client, workflowId: run, run, artifacts, output, json: false, signal, onPoll };
    const summary = await followRun(followed).catch((error: unknown) => {
      throw failureOf(run, error);
    });
    if (summary === null) output.say(`detached; come back with: ${comeBackTo(run).join('  or  ')}`);
    else output.say(groupTable(await createTrajectoryReader(artifacts, run)(), kindOf(input['advantage'])));
  });
}

/** Writes a data file of one record into the run's folder, and answers its path. */
async function pickInstance(
  artifacts: Artifacts,
  run: string,
  input: Readonly<Record<string, unknown>>,
  instance: string,
): Promise<string> {
  const data = String(input['data']);
  const lines = (await readFile(data, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  const byId = new Map(lines.map((line) => [idOf(line), line]));
  const found = byId.get(instance);
  if (found === undefined) {
    const nearest = nearestName(instance, byId.keys());
    const hint = nearest === null ? `it has ${byId.size} instances` : `did you mean ${nearest}?`;
    throw new CommandError(`there is no instance ${JSON.stringify(instance)} in ${data}; ${hint}`);
  }
  await artifacts.writeRunFile(run, 'instance.jsonl', `${found}\n`);
  return artifacts.runPath(run, 'instance.jsonl');
}

function kindOf(advantage: unknown): AdvantageKind {
  // The input was checked before.
  return typeof advantage === 'string' ? (advantage as AdvantageKind) : 'mean';
}

function idOf(line: string): string {
  try {
    return (JSON.parse(line) as { instance_id?: string }).instance_id ?? '';
  } catch {
    return '';
  }
}
