import { readFile } from 'node:fs/promises';
import { SteadfastError } from '../../../domain/failures.ts';
import { parseJson } from './parse-json.ts';
import type { RecordFile } from './record-file.ts';

/** A JSON array of records, or one record: read whole, since a JSON text has no parts that stand alone. */
export async function openJsonFile(path: string, name: string): Promise<RecordFile> {
  const value = parseJson((await textOf(path, name)).replace(/^\ufeff/, ''), name);
  const records: readonly unknown[] = Array.isArray(value) ? value : [value];
  const placeOf = (position: number): string =>
    Array.isArray(value) ? `${name} record ${position + 1}` : name;
  return {
    fields: null,
    count: async () => await Promise.resolve(records.length),
    async *read({ positions }) {
      for (const position of positions ?? records.keys()) {
        yield { position, record: records[position], where: placeOf(position) };
      }
      await Promise.resolve();
    },
    close: async () => await Promise.resolve(),
  };
}

async function textOf(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const message = `The data file ${name} cannot be read as JSON: ${said}; expected a JSON array that fits into memory, JSON Lines or Parquet`;
    throw new SteadfastError('Instance.Invalid', message, { cause });
  }
}
