import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadConfig, type Config } from '../config.ts';
import { policyVersionOf } from '../domain/ids.ts';
import { defaultApiBase } from '../schemas/run-config-endpoint.ts';
import { asInference } from './as-inference.ts';
import { checkDataFiles, readConfigFile, withAbsolutePaths } from './config-file.ts';
import { CommandError, UsageError } from './errors.ts';
import { inputOfOptions } from './run-options.ts';
import { checkInput } from './start-run.ts';

/** Reads the environment; a malformed variable is a message, not a stack trace. */
export function readEnvironment(): Config {
  try {
    return loadConfig();
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The JSON config that `train` is started with: the file's fields, explicit options over them, paths absolute. */
export async function makeInput(options: {
  readonly args: Readonly<Record<string, unknown>>;
  readonly config: Config;
  readonly cwd: string;
  /** Fields that a command fills where neither file nor options do. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Whether nothing is trained, whatever the file is for. */
  readonly inference?: boolean;
}): Promise<Record<string, unknown>> {
  const { args, config, cwd, defaults } = options;
  const file = args['config'];
  const fromFile = typeof file === 'string' ? await readConfigFile(file) : {};
  const named = { ...fromFile, ...inputOfOptions(args) };
  // A command's own model is a folder for the policy server: the endpoint of the environment has no model of that name.
  const embedded =
    defaults?.['model'] !== undefined && named['model'] === undefined ? { api_base: null } : {};
  const given: Record<string, unknown> = { ...defaults, ...embedded, ...named };
  const input = options.inference === true ? asInference(given) : given;
  for (const required of ['data', 'model']) {
    if (input[required] === undefined) {
      throw new UsageError(`--${required} is missing (or "${required}" in the file of --config)`);
    }
  }
  const mode = input['mode'] ?? 'inference';
  if (mode === 'inference' && input['api_base'] === undefined) {
    const ours = await isOfPolicyServer(input['model'], config.store, cwd);
    input['api_base'] = ours ? null : defaultApiBase(config);
  }
  return await withAbsolutePaths(input, cwd);
}

/** A folder of weights, or a policy version of a run (`run@step`) that has its files here: no endpoint has a model of that name. */
async function isOfPolicyServer(model: unknown, store: string, cwd: string): Promise<boolean> {
  if (typeof model !== 'string') return false;
  const version = policyVersionOf(model);
  const folder = version === null ? resolve(cwd, model) : join(store, 'runs', version.run, 'checkpoints');
  const found = await stat(folder).catch(() => null);
  return found?.isDirectory() === true;
}

/** Everything about an input that can be known to be wrong before a run begins. */
export async function checkBeforeStart(input: Readonly<Record<string, unknown>>, run: string): Promise<void> {
  checkInput(input, run);
  await checkDataFiles(input);
}
