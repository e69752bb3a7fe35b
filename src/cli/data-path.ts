import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isHubName } from '../domain/hub-name.ts';

/** A data set as a worker in another folder finds it: by its absolute path, or by its name on the hub where nothing is there. */
export async function absoluteData(data: string, base: string): Promise<string> {
  // An empty one would become the folder itself; the checks refuse it.
  if (data === '') return data;
  const path = resolve(base, data);
  if (!isHubName(data)) return path;
  return await stat(path).then(
    () => path,
    () => data,
  );
}
