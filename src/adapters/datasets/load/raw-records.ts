import { dirname, resolve } from 'node:path';
import type { DatasetRecords, DataSource, RawRecord } from '../../../ports/datasets.ts';
import { isRecord } from '../../../schemas/instance-record.ts';
import { sourceInRecord } from '../../../schemas/instance-source.ts';
import { chooseRecords } from './choose-records.ts';
import { createHub } from './hub/hub.ts';
import type { LoaderOptions } from './loader.ts';
import { locate } from './locate.ts';
import { openRecordFile, type RecordFile } from './record-file.ts';

/** Reads the records that a load takes with all their fields, whatever those are, a record at a time. */
export function createRecordReader(options: LoaderOptions): DatasetRecords['readRecords'] {
  const hub = createHub(options.hub, options.cacheDir);

  return async function* ({ data, selection, seed }: DataSource, signal?: AbortSignal) {
    const located = await locate(data, selection, hub, signal);
    const files: RecordFile[] = [];
    try {
      for (const { path, name } of located.files) files.push(await openRecordFile(path, name));
      const chosen = await chooseRecords(files, { data, selection, seed }, signal);
      for (const [i, file] of files.entries()) {
        const folder = dirname(located.files[i]?.path ?? '');
        for await (const { record } of file.read({ fields: null, positions: chosen.positions[i] ?? null })) {
          signal?.throwIfAborted();
          if (isRecord(record)) yield withAbsoluteFolder(record, folder);
        }
      }
    } finally {
      await Promise.all(files.map(async (file) => await file.close()));
    }
  };
}

/** A source's folder is named relative to the data file, and the record is about to leave that; text stays text. */
function withAbsoluteFolder(record: RawRecord, folder: string): RawRecord {
  const source = sourceInRecord(record['source']);
  if (!isRecord(source) || typeof source['path'] !== 'string') return record;
  const moved = { ...source, path: resolve(folder, source['path']) };
  return { ...record, source: typeof record['source'] === 'string' ? JSON.stringify(moved) : moved };
}
