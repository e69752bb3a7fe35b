import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { CommandError } from './errors.ts';

/** Reads a JSON config; what it holds is checked later, with the options merged over it. */
export async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(`the config ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`the config ${path} is not JSON: ${reason}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CommandError(
      `the config ${path} is not a JSON object; steadfast schema prints what it may hold`,
    );
  }
  return value as Record<string, unknown>;
}

/** Makes the paths of a config absolute, since the workers stand in a folder of their own. */
export async function withAbsolutePaths(
  input: Readonly<Record<string, unknown>>,
  base: string,
): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = { ...input };
  if (typeof input['data'] === 'string') result['data'] = resolve(base, input['data']);
  if (typeof input['model'] === 'string') result['model'] = await modelPath(input['model'], base, input);
  const evaluation = input['evaluation'];
  if (typeof evaluation === 'object' && evaluation !== null && 'sets' in evaluation) {
    const sets: unknown = evaluation.sets;
    if (Array.isArray(sets)) {
      result['evaluation'] = { ...evaluation, sets: sets.map((set: unknown) => absoluteSet(set, base)) };
    }
  }
  return result;
}

/** Refuses data files that are not there before anything is started. */
export async function checkDataFiles(input: Readonly<Record<string, unknown>>): Promise<void> {
  const evaluation = input['evaluation'] as { readonly sets?: readonly { readonly data: string }[] } | null;
  const paths = [input['data'], ...(evaluation?.sets ?? []).map((set) => set.data)];
  for (const path of paths) {
    if (typeof path !== 'string') continue;
    const found = await stat(path).catch((error: unknown) => {
      throw new CommandError(`the data file ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
    });
    if (found.isDirectory()) {
      throw new CommandError(
        `the data file ${path} is a folder; expected a file with one instance a line (JSONL)`,
      );
    }
    await access(path, constants.R_OK).catch((error: unknown) => {
      throw new CommandError(`the data file ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
    });
  }
}

/** A model is a folder when one is there, or when it can be nothing else; names of endpoints stay as they are. */
async function modelPath(
  model: string,
  base: string,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  if (typeof input['api_base'] === 'string') return model;
  const path = resolve(base, model);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return path;
  if (isAbsolute(model) || model.startsWith('./') || model.startsWith('../')) {
    throw new CommandError(`the model ${model} is no folder; expected a folder of weights or a model's name`);
  }
  return model;
}

function absoluteSet(set: unknown, base: string): unknown {
  if (typeof set !== 'object' || set === null || !('data' in set) || typeof set.data !== 'string') return set;
  return { ...set, data: resolve(base, set.data) };
}

function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : null;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}
