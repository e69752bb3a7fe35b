import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { SteadfastError } from '../../../domain/failures.ts';
import { isHubName } from '../../../domain/hub-name.ts';
import type { DataSelection } from '../../../domain/run-config.ts';
import type { Hub } from './hub/hub.ts';
import type { Located } from './located.ts';
import { dataFiles, filesOfSplit, splitsByName } from './splits.ts';

/** Finds what `--data` names: a file or folder of this machine, which goes first, or a data set of the hub. */
export async function locate(
  data: string,
  selection: Pick<DataSelection, 'split' | 'revision'>,
  hub: Hub,
  signal?: AbortSignal,
): Promise<Located> {
  const path = resolve(data);
  const found = await stat(path).catch(() => null);
  if (found === null) {
    if (!isHubName(data)) throw neither(data, path);
    return await hub.locate(data, selection, path, signal);
  }
  if (selection.revision !== null) {
    const message = `revision is ${JSON.stringify(selection.revision)}, but data is ${path}, on this machine; a revision is of a data set on the hub`;
    throw new SteadfastError('Config.Invalid', message);
  }
  if (selection.split !== null && !found.isDirectory()) {
    const message = `split is ${JSON.stringify(selection.split)}, but data is the file ${path}; a split is of a folder or of a data set on the hub`;
    throw new SteadfastError('Config.Invalid', message);
  }
  const paths = found.isDirectory() ? await filesIn(path, data, selection.split) : [path];
  const nameOf = (file: string): string => (found.isDirectory() ? join(data, relative(path, file)) : data);
  return {
    files: paths.map((file) => ({ path: file, name: nameOf(file) })),
    revision: null,
    mayNameFolders: true,
  };
}

async function filesIn(folder: string, data: string, split: string | null): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const files = dataFiles(paths);
  if (files.length === 0) {
    const message = `The folder ${data} (looked at ${folder}) holds no data file; expected .parquet, .jsonl or .json`;
    throw new SteadfastError('Instance.Invalid', message);
  }
  return filesOfSplit(splitsByName(files), split, data).map((file) => join(folder, file));
}

function neither(data: string, path: string): SteadfastError {
  return new SteadfastError(
    'Instance.Invalid',
    `The data file ${data} cannot be read: there is no file or folder (looked at ${path}), and it is no name of a data set on the hub (owner/name)`,
  );
}
