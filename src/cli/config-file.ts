import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { isHubName } from '../domain/hub-name.ts';
import { absoluteData } from './data-path.ts';
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
  if (typeof input['data'] === 'string') result['data'] = await absoluteData(input['data'], base);
  // An endpoint's model is a name.
  if (typeof input['model'] === 'string' && typeof input['api_base'] !== 'string') {
    result['model'] = await modelPath(input['model'], base);
  }
  const evaluation = input['evaluation'];
  if (typeof evaluation === 'object' && evaluation !== null && 'sets' in evaluation) {
    const sets: unknown = evaluation.sets;
    if (Array.isArray(sets)) {
      const absolute = sets.map(async (set: unknown) => await absoluteSet(set, base));
      result['evaluation'] = { ...evaluation, sets: await Promise.all(absolute) };
    }
  }
  return result;
}

/** A policy server's model by its absolute path: a folder when one is there, or when it can be nothing else; else a name. */
export async function modelPath(model: string, base: string): Promise<string> {
  if (model === '') {
    throw new CommandError('the model is ""; expected a folder of weights or a model\'s name');
  }
  const path = resolve(base, model);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return path;
  if (isAbsolute(model) || model.startsWith('./') || model.startsWith('../')) {
    throw new CommandError(`the model ${model} is no folder; expected a folder of weights or a model's name`);
  }
  return model;
}

/** Refuses data files and folders that are not there before anything is started; the hub is asked later. */
export async function checkDataFiles(input: Readonly<Record<string, unknown>>): Promise<void> {
  const evaluation = input['evaluation'] as { readonly sets?: readonly { readonly data: string }[] } | null;
  const paths = [input['data'], ...(evaluation?.sets ?? []).map((set) => set.data)];
  for (const path of paths) {
    if (typeof path !== 'string' || isHubName(path)) continue;
    const found = await stat(path).catch((error: unknown) => {
      throw new CommandError(`the data file ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
    });
    await access(path, found.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK).catch(
      (error: unknown) => {
        throw new CommandError(`the data file ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
      },
    );
  }
}

async function absoluteSet(set: unknown, base: string): Promise<unknown> {
  if (typeof set !== 'object' || set === null || !('data' in set) || typeof set.data !== 'string') return set;
  return { ...set, data: await absoluteData(set.data, base) };
}

function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : null;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}
