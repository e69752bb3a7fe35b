import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { defineCommand } from 'citty';
import { createFolderArtifacts } from '../../adapters/artifacts/folder.ts';
import { toolPaths } from '../../local/setup/paths.mjs';
import { checkpointOf, type Checkpoint } from '../checkpoint.ts';
import { CommandError, UsageError } from '../errors.ts';
import { createOutput } from '../output.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';

/** `steadfast export-adapter RUN@STEP`: a policy version as a folder that other programs load. */
export const exportAdapterCommand = defineCommand({
  meta: { name: 'export-adapter', description: 'Write a policy version as a PEFT folder, or merged weights' },
  args: {
    version: { type: 'positional', required: true, description: 'The policy version, as RUN@STEP' },
    out: {
      type: 'string',
      valueHint: 'folder',
      description: 'Folder to write; it must not exist, or be empty',
    },
    merged: { type: 'boolean', description: "Merge the adapter into the base model's weights" },
  },
  plugins: [strictOptions],
  async run({ args }) {
    if (args.out === undefined) throw new UsageError('--out is missing');
    const config = readEnvironment();
    const output = createOutput({ json: false });
    const out = resolve(args.out);
    const checkpoint = await checkpointOf(createFolderArtifacts(config.store), args.version);
    await refuseFull(out);
    await mkdir(dirname(out), { recursive: true });
    try {
      if (args.merged === true) await merge(checkpoint, out, toolPaths(config.cache));
      else await cp(checkpoint.adapter, out, { recursive: true });
    } catch (error) {
      // Half of an export is taken for a whole one.
      await rm(out, { recursive: true, force: true });
      throw error;
    }
    const what = args.merged === true ? `merged weights of ${args.version}` : `adapter of ${args.version}`;
    output.say(`${what} (base model: ${checkpoint.baseModel}): ${out}`);
  },
});

async function refuseFull(out: string): Promise<void> {
  const found = await readdir(out).catch((error: unknown) => {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return [];
    throw new CommandError(`--out ${out} is no folder`, { cause: error });
  });
  if (found.length > 0)
    throw new CommandError(`--out ${out} holds files already; expected a new or an empty folder`);
}

async function merge(
  { baseModel, adapter }: Checkpoint,
  out: string,
  { trainerPython, trainer }: ReturnType<typeof toolPaths>,
): Promise<void> {
  if (!existsSync(trainerPython)) {
    throw new CommandError(
      `--merged needs the trainer's environment, which is not at ${trainerPython}: node src/local/setup/setup.mjs`,
    );
  }
  const args = ['-m', 'steadfast_trainer.merge', '--base', baseModel, '--adapter', adapter, '--out', out];
  try {
    await promisify(execFile)(trainerPython, args, { cwd: trainer, maxBuffer: 1 << 26 });
  } catch (error) {
    throw new CommandError(`the adapter could not be merged: ${whyEnded(error)}`, { cause: error });
  }
}

/** The signal, which the system sends where memory is short, else the last that the program said. */
function whyEnded(error: unknown): string {
  const { signal, stderr } = Object(error) as { readonly signal?: string | null; readonly stderr?: string };
  if (signal) return `it was ended by ${signal}; a merge holds the whole model in memory`;
  return stderr?.trim().split('\n').at(-1) || String(error);
}
