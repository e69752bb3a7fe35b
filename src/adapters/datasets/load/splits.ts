import { basename } from 'node:path';
import { SteadfastError } from '../../../domain/failures.ts';

/** Names that a file or folder of a data set says its split by. */
const KNOWN = new Set(['train', 'training', 'validation', 'valid', 'val', 'dev', 'test', 'testing', 'eval']);

/** What lies beside data in JSON without being any. */
const ABOUT_DATA = new Set(['dataset_infos.json', 'dataset_info.json', 'state.json']);

/** `train-00000-of-00003` and `train-00000-of-00003-0123456789abcdef`. */
const SHARD = /^(.+?)-\d{5}-of-\d{5}(-[0-9a-f]+)?$/;

/** Files by the split that they belong to, in the order of their names. */
export type Splits = ReadonlyMap<string, readonly string[]>;

/**
 * The data files among the paths of a folder: Parquet and JSON Lines; JSON only where there is neither, since beside them
 * it is about the data. What is hidden is left out.
 */
export function dataFiles(paths: readonly string[]): string[] {
  const seen = paths.filter((path) => !path.split('/').some((part) => part.startsWith('.')));
  const data = seen.filter((path) => /\.(parquet|jsonl|ndjson)$/.test(path));
  const found =
    data.length > 0 ? data : seen.filter((path) => path.endsWith('.json') && !ABOUT_DATA.has(basename(path)));
  return found.toSorted((a, b) => (a < b ? -1 : 1));
}

/** The splits that the names of data files tell of; files that tell of none are `train`. */
export function splitsByName(files: readonly string[]): Splits {
  const splits = new Map<string, string[]>();
  for (const file of files) {
    const split = splitOf(file) ?? 'train';
    splits.set(split, [...(splits.get(split) ?? []), file]);
  }
  return splits;
}

/** By the shard's name, the file's, the nearest folder's, or a word of the file's name. */
function splitOf(path: string): string | null {
  const parts = path.split('/');
  const stem = (parts.pop() ?? '').replace(/\.[^.]+$/, '');
  const shard = SHARD.exec(stem)?.[1];
  if (shard !== undefined) return shard;
  const words = stem.toLowerCase().split(/[-._ ]/);
  return (
    [stem.toLowerCase(), ...parts.toReversed().map((part) => part.toLowerCase()), ...words.toReversed()].find(
      (name) => KNOWN.has(name),
    ) ?? null
  );
}

/**
 * The files of the wanted split; where none is wanted those of the only one, else of `train`. `Config.Invalid` names the
 * splits that there are.
 */
export function filesOfSplit(splits: Splits, wanted: string | null, data: string): readonly string[] {
  const names = [...splits.keys()];
  const name = wanted ?? (names.length === 1 ? names[0] : 'train') ?? 'train';
  const files = splits.get(name);
  if (files !== undefined) return files;
  const asked = wanted === null ? 'split is not set' : `split is ${JSON.stringify(wanted)}`;
  throw new SteadfastError(
    'Config.Invalid',
    `${asked}; expected one of those that ${data} has: ${names.toSorted().join(', ')}`,
  );
}
