import { open } from 'node:fs/promises';
import { SteadfastError } from '../../../domain/failures.ts';
import { openJsonFile } from './json-file.ts';
import { openJsonLinesFile } from './json-lines-file.ts';
import { openParquetFile } from './parquet-file.ts';

/** One record of a data file, with its place for messages. */
export interface FoundRecord {
  /** From 0, blank lines not counted: the same in every format. */
  readonly position: number;
  readonly record: unknown;
  /** `data.jsonl line 3`, `data.parquet row 3`. */
  readonly where: string;
}

/** A data file that is read as often as need be, a record at a time. */
export interface RecordFile {
  /** The fields that all its records have; null where each record says. */
  readonly fields: readonly string[] | null;
  count(): Promise<number>;
  /** Records in order, at the given ascending positions or all; of a columnar file the named fields alone. */
  read(want: {
    readonly fields: readonly string[] | null;
    readonly positions: readonly number[] | null;
  }): AsyncGenerator<FoundRecord>;
  close(): Promise<void>;
}

/** Much more than blank lines before the first record, or a first line that tells a record by its brace alone. */
const HEAD_BYTES = 4096;

/**
 * Opens a data file as what its first bytes say that it is; `Instance.Invalid` where it cannot be read. Messages call it
 * by `name`.
 */
export async function openRecordFile(path: string, name: string): Promise<RecordFile> {
  const head = await headOf(path, name);
  if (head.subarray(0, 4).toString('latin1') === 'PAR1' || path.endsWith('.parquet')) {
    return await openParquetFile(path, name);
  }
  const text = head.toString('utf8').replace(/^\ufeff/, '');
  // A brace alone on the first line begins a record over several lines, as people format one by hand.
  const isWhole = /^\s*(\[|\{[ \t\r]*\n)/.test(text);
  return isWhole ? await openJsonFile(path, name) : openJsonLinesFile(path, name);
}

async function headOf(path: string, name: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new SteadfastError('Instance.Invalid', `The data file ${name} cannot be read: ${said}`, { cause });
  }
}
