import { type ArgsDef, defineCommand } from 'citty';
import { createFolderArtifacts } from '../../adapters/artifacts/folder.ts';
import type { Config } from '../../config.ts';
import { fileSafe } from '../../domain/ids.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { interruptSignal } from '../detach.ts';
import { CommandError, messageOf, UsageError } from '../errors.ts';
import { describesARun, evalInput, evalOptions } from '../eval-options.ts';
import { evaluationOf } from '../evaluation.ts';
import type { Prices } from '../estimates.ts';
import { findRun } from '../find-run.ts';
import { followToEnd } from '../follow-to-end.ts';
import { withNewRun } from '../new-run.ts';
import { createOutput, type Output } from '../output.ts';
import { ensureReady, waitingLine } from '../platform.ts';
import { reportComparison, reportEvaluation } from '../report-evaluation.ts';
import { checkBeforeStart, makeInput, readEnvironment } from '../run-input.ts';
import { newRunName } from '../start-run.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

const args: ArgsDef = {
  run: {
    type: 'positional',
    required: false,
    description: 'A run of inference that was made before, or goes on, in place of a new one',
  },
  ...evalOptions(),
  against: {
    type: 'string',
    valueHint: 'run',
    description: 'Compare with that run, on the instances that both were scored on',
  },
  'price-prompt': { type: 'string', valueHint: 'n', description: 'US dollars for a million prompt tokens' },
  'price-completion': {
    type: 'string',
    valueHint: 'n',
    description: 'US dollars for a million tokens written',
  },
  json: { type: 'boolean', description: 'Print NDJSON: a line as each rollout ends, and the estimates' },
};

interface Told {
  readonly config: Config;
  readonly artifacts: Artifacts;
  readonly output: Output;
  readonly json: boolean;
}

/** `steadfast eval`: how often a model resolves its instances, with what certainty, and whether another does better. */
export const evalCommand = defineCommand({
  meta: { name: 'eval', description: 'Estimate how a model does on a data set, or compare two' },
  args,
  plugins: [strictOptions],
  async run({ args: given }) {
    const config = readEnvironment();
    const json = given['json'] === true;
    const told: Told = {
      config,
      artifacts: createFolderArtifacts(config.store),
      output: createOutput({ json }),
      json,
    };
    const { artifacts, output } = told;
    const prices = pricesOf(given);
    const { against } = given;
    // Before anything is paid for.
    const other = typeof against === 'string' ? await evaluationOf(artifacts, against) : null;
    const named = given['run'];
    if (typeof named === 'string' && describesARun(given)) {
      throw new UsageError(`the options of a new run have no meaning beside the run ${named}`);
    }
    const run = typeof named === 'string' ? await madeBefore(told, named) : await madeNow(told, given);
    if (run === null) return;
    const evaluation = await evaluationOf(artifacts, run);
    reportEvaluation(evaluation, prices, output, json);
    if (other !== null) reportComparison(other, evaluation, output, json);
    if (evaluation.tallies.length === 0) throw new CommandError(`no rollout of ${run} has been scored`);
  },
});

/** Answers the run's name once it has ended; null when it was left to itself. */
async function madeNow(told: Told, given: Readonly<Record<string, unknown>>): Promise<string | null> {
  const { config, artifacts, output } = told;
  const made = await makeInput({ args: given, config, cwd: process.cwd(), inference: true });
  const { name } = given;
  const run = typeof name === 'string' ? name : newRunName('eval');
  const input = evalInput(made);
  await checkBeforeStart({ ...input, run }, run);
  if ((await artifacts.readRunFile(run, 'config.json')) !== null) {
    throw new CommandError(
      `a run ${JSON.stringify(run)} exists already: steadfast eval ${run} tells of it, and goes on where it has not ended; another --name makes a new one`,
    );
  }
  return await withNewRun({ config, artifacts, output, run, input }, async (client, signal) => {
    return await followed(told, { client, workflowId: run, run, signal });
  });
}

/** A run that has left its summary needs nobody to be asked. */
async function madeBefore(told: Told, named: string): Promise<string | null> {
  const { config, artifacts, output } = told;
  if ((await artifacts.readRunFile(named, 'summary.json')) !== null) return named;
  await ensureReady(config, output.say);
  return await withClient(config, async (client) => {
    const { workflowId, status } = await findRun(client, named);
    const run = fileSafe(workflowId);
    if (status.name === 'RUNNING')
      return await followed(told, { client, workflowId, run, signal: interruptSignal() });
    const ended = client.workflow.getHandle(workflowId).result();
    const why = await ended.then(
      () => '',
      (error: unknown) => ` (${messageOf(error)})`,
    );
    output.say(`${run} did not come to its end${why}; what it has made counts`);
    return run;
  });
}

async function followed(
  told: Told,
  of: Pick<Parameters<typeof followToEnd>[0], 'client' | 'workflowId' | 'run' | 'signal'>,
): Promise<string | null> {
  const { artifacts, output, json, config } = told;
  const waiting = waitingLine(config);
  const ended = await followToEnd({ ...of, artifacts, output, json, waiting }, [`steadfast eval ${of.run}`]);
  return ended ? of.run : null;
}

/** Both or none: a cost by one of them would be told for the whole. */
function pricesOf(given: Readonly<Record<string, unknown>>): Prices {
  const prices = { prompt: priceOf(given, 'price-prompt'), completion: priceOf(given, 'price-completion') };
  if ((prices.prompt === null) === (prices.completion === null)) return prices;
  throw new UsageError('--price-prompt and --price-completion go together; 0 is a price too');
}

function priceOf(given: Readonly<Record<string, unknown>>, option: string): number | null {
  const text = given[option];
  if (typeof text !== 'string') return null;
  const price = Number(text);
  if (text.trim() === '' || !Number.isFinite(price) || price < 0) {
    throw new UsageError(`--${option} is ${JSON.stringify(text)}; expected a number of at least 0`);
  }
  return price;
}
