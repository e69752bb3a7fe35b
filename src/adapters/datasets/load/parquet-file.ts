import { open, type FileHandle } from 'node:fs/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetMetadataAsync, parquetScan, parquetSchema } from 'hyparquet';
import type { AsyncBuffer, Compressors, FileMetaData, RowGroup } from 'hyparquet';
import { compressors as ported } from 'hyparquet-compressors';
import { SteadfastError } from '../../../domain/failures.ts';
import type { FoundRecord, RecordFile } from './record-file.ts';
import { plainValue } from './plain-value.ts';

/** Node's own are several times as fast as the ported ones. */
const COMPRESSORS: Compressors = {
  ...ported,
  GZIP: (input) => gunzipSync(input),
  ZSTD: (input) => zstdDecompressSync(input),
};

/** Uncompressed bytes of plain columns that are held at once. */
const WINDOW_BYTES = 24 * 2 ** 20;

interface Group {
  readonly start: number;
  readonly end: number;
  readonly meta: RowGroup;
}

/** A Parquet file, read a row group at a time and of it only the columns and rows that are wanted. */
export async function openParquetFile(path: string, label: string): Promise<RecordFile> {
  const handle = await open(path).catch((cause: unknown) => {
    throw broken(label, cause);
  });
  try {
    const { size } = await handle.stat();
    const metadata = await parquetMetadataAsync(bufferOf(handle, size));
    const columns = parquetSchema(metadata).children.map(({ element, children }) => ({
      name: element.name,
      isPlain: children.length === 0,
    }));
    return {
      fields: columns.map((column) => column.name),
      count: async () => await Promise.resolve(Number(metadata.num_rows)),
      async *read({ fields, positions }) {
        const wanted = columns.filter((column) => fields === null || fields.includes(column.name));
        let at = 0;
        for (const group of groupsOf(metadata)) {
          let picked: readonly number[];
          if (positions === null) {
            picked = Array.from({ length: group.end - group.start }, (_, i) => group.start + i);
          } else {
            const from = at;
            while (at < positions.length && (positions[at] ?? 0) < group.end) at++;
            picked = positions.slice(from, at);
          }
          // A file for each group, so that the column chunks that it keeps go with the group.
          const file = bufferOf(handle, size);
          if (picked.length > 0) yield* rowsOf({ label, file, metadata, group, wanted, picked });
        }
      },
      close: async () => await handle.close(),
    };
  } catch (cause) {
    await handle.close();
    throw broken(label, cause);
  }
}

function groupsOf(metadata: FileMetaData): Group[] {
  let start = 0;
  return metadata.row_groups.map((meta) => {
    const end = start + Number(meta.num_rows);
    const group = { start, end, meta };
    start = end;
    return group;
  });
}

interface GroupRead {
  readonly label: string;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly group: Group;
  readonly wanted: readonly { readonly name: string; readonly isPlain: boolean }[];
  readonly picked: readonly number[];
}

/**
 * Lists are assembled once for the whole group, since pages of them do not say how many rows they hold; plain columns,
 * where the bytes are, go by windows of rows.
 */
async function* rowsOf(read: GroupRead): AsyncGenerator<FoundRecord> {
  const { label, file, metadata, wanted, picked } = read;
  const names = wanted.map((column) => column.name);
  const nested = wanted.filter(({ isPlain }) => !isPlain).map((column) => column.name);
  const plain = wanted.filter(({ isPlain }) => isPlain).map((column) => column.name);
  const [first = 0, last = 0] = [picked[0], picked.at(-1)];
  const scan = await parquetScan({ file, metadata, columns: names, compressors: COMPRESSORS });
  const column = async (name: string, from: number, to: number): Promise<ArrayLike<unknown>> => {
    try {
      const values = await scan.readColumn({ column: name, rowStart: from, rowEnd: to });
      if (values.length === to - from) return values;
      throw new Error(`the column ${name} has ${values.length} values in rows ${from} to ${to}`);
    } catch (cause) {
      throw broken(label, cause);
    }
  };
  const lists = new Map<string, ArrayLike<unknown>>();
  for (const name of nested) lists.set(name, await column(name, first, last + 1));
  for (const window of windowsOf(picked, rowsAtOnce(read.group, plain))) {
    const [from = 0, to = 0] = [window[0], window.at(-1)];
    const values = new Map<string, ArrayLike<unknown>>();
    for (const name of plain) values.set(name, await column(name, from, to + 1));
    for (const position of window) {
      const record: Record<string, unknown> = {};
      for (const name of names) {
        const list = lists.get(name);
        record[name] = plainValue(list ? list[position - first] : values.get(name)?.[position - from]);
      }
      yield { position, record, where: `${label} row ${position + 1}` };
    }
  }
}

function rowsAtOnce({ meta, start, end }: Group, plain: readonly string[]): number {
  const bytes = meta.columns
    .filter((chunk) => plain.includes(chunk.meta_data?.path_in_schema[0] ?? ''))
    .reduce((sum, chunk) => sum + Number(chunk.meta_data?.total_uncompressed_size ?? 0), 0);
  return Math.max(16, Math.floor((WINDOW_BYTES * (end - start)) / Math.max(1, bytes)));
}

/** Ascending positions, cut where one lies `rows` or more after the first of its part. */
function* windowsOf(positions: readonly number[], rows: number): Generator<readonly number[]> {
  let from = 0;
  for (let i = 1; i <= positions.length; i++) {
    if (i < positions.length && (positions[i] ?? 0) - (positions[from] ?? 0) < rows) continue;
    yield positions.slice(from, i);
    from = i;
  }
}

/** Reads of an open file; a range that was read is kept, for the windows of a group share its column chunks. */
function bufferOf(handle: FileHandle, size: number): AsyncBuffer {
  const kept = new Map<string, Promise<ArrayBuffer>>();
  return {
    byteLength: size,
    async slice(from, to = size) {
      const [start, end] = [from < 0 ? Math.max(0, size + from) : from, Math.min(to, size)];
      const key = `${start}-${end}`;
      const read = kept.get(key) ?? readRange(handle, start, end);
      kept.set(key, read);
      return await read;
    },
  };
}

async function readRange(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, end - start));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) throw new Error(`it ends at byte ${start + filled}`);
    filled += bytesRead;
  }
  return bytes.buffer;
}

function broken(label: string, cause: unknown): SteadfastError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = `The data file ${label} is no whole Parquet file: ${said}`;
  return new SteadfastError('Instance.Invalid', message, { cause });
}
