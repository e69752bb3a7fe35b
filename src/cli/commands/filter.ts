import { copyFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ArgsDef, defineCommand } from 'citty';
import { createFolderArtifacts } from '../../adapters/artifacts/folder.ts';
import { filterConfigJsonSchema, parseFilterConfig } from '../../schemas/filter-config.ts';
import { refuseWithoutSandbox } from '../check-sandbox.ts';
import { absoluteData } from '../data-path.ts';
import { interruptSignal } from '../detach.ts';
import { CommandError, UsageError, told } from '../errors.ts';
import { filterLines, summaryRecord } from '../filter-lines.ts';
import { followFilter } from '../follow-filter.ts';
import { createOutput } from '../output.ts';
import { ensureReady, waitingLine } from '../platform.ts';
import { readEnvironment } from '../run-input.ts';
import { inputBySchema, schemaOptions } from '../schema-options.ts';
import { filterName, startFilter } from '../start-filter.ts';
import { strictOptions } from '../strict-options.ts';
import { webAddress, withClient } from '../temporal-client.ts';

/** `--name` stands for `run`; the other has meaning for workers alone. */
const LEFT_OUT: ReadonlySet<string> = new Set(['run', 'heartbeat_seconds']);

const args: ArgsDef = {
  ...schemaOptions(filterConfigJsonSchema(), LEFT_OUT),
  name: {
    type: 'string',
    valueHint: 'text',
    description: 'Name of the filter, also its workflow id and folder (default: made of the options)',
  },
  out: { type: 'string', valueHint: 'file', description: 'Write the kept records there too, as JSONL' },
  json: { type: 'boolean', description: 'Print NDJSON: a verdict an instance, and a summary' },
};

/** `steadfast filter`: judges the instances of a data set and writes those that are fit for training. */
export const filterCommand = defineCommand({
  meta: { name: 'filter', description: 'Judge the instances of a data set, and keep those fit for training' },
  args,
  plugins: [strictOptions],
  async run({ args: given }) {
    if (given['data'] === undefined) throw new UsageError('--data is missing');
    const json = given['json'] === true;
    const output = createOutput({ json });
    const config = readEnvironment();
    const artifacts = createFolderArtifacts(config.store);
    const input = inputBySchema(filterConfigJsonSchema(), LEFT_OUT, given);
    input['data'] = await absoluteData(String(input['data']), process.cwd());
    const run = typeof given['name'] === 'string' ? given['name'] : filterName(input);
    check({ ...input, run }, run);
    await refuseWithoutSandbox(config, input['sandbox']);
    await ensureReady(config, output.say);
    await withClient(config, async (client) => {
      const signal = interruptSignal();
      const { attached } = await startFilter(client, run, input);
      const web = webAddress(config, run);
      output.say(`${attached ? 'attached to' : 'started'} ${run}${web === null ? '' : `: ${web}`}`);
      const waiting = waitingLine(config);
      const summary = await followFilter({ client, run, artifacts, output, json, signal, waiting });
      if (summary === null) {
        output.say(`detached; ${run} goes on. Come back with the same command`);
        return;
      }
      const kept = artifacts.runPath(run, 'kept.jsonl');
      if (typeof given['out'] === 'string') await copyOut(kept, resolve(given['out']));
      for (const line of filterLines(summary, kept)) output.say(line);
      if (json) output.data(summaryRecord(summary, kept));
    });
  },
});

/** Refuses a bad input before anything is started; the workflow checks it again by the same code. */
function check(input: Readonly<Record<string, unknown>>, run: string): void {
  try {
    parseFilterConfig(input, { workflowId: run, cores: 1 });
  } catch (error) {
    throw told(error);
  }
}

async function copyOut(kept: string, out: string): Promise<void> {
  await copyFile(kept, out).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`--out ${out} cannot be written: ${reason}; the kept records are in ${kept}`, {
      cause: error,
    });
  });
}
