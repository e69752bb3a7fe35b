import { SteadfastError } from '../../../domain/failures.ts';
import { deriveSeed, shuffled } from '../../../domain/seeds.ts';
import type { DataSource } from '../../../ports/datasets.ts';
import { createCondition } from './condition.ts';
import type { RecordFile } from './record-file.ts';

/** The positions that are taken of each file, in the files' order; null takes all of a file. */
export interface ChosenRecords {
  readonly positions: readonly (readonly number[] | null)[];
  /** Records before condition and sample; null where nothing had to be counted. */
  readonly records: number | null;
}

/**
 * Applies condition and sample: of the records that meet the one, the other is drawn by the seed and the records' places
 * alone, so it does not depend on the format that the data is in.
 */
export async function chooseRecords(
  files: readonly RecordFile[],
  { data, selection: { where, sample }, seed }: Pick<DataSource, 'data' | 'selection' | 'seed'>,
  signal?: AbortSignal,
): Promise<ChosenRecords> {
  if (where === null && sample === null) return { positions: files.map(() => null), records: null };
  const counts: number[] = [];
  for (const file of files) counts.push(await file.count());
  const records = counts.reduce((sum, count) => sum + count, 0);
  const meeting =
    where === null ? counts.map((count) => range(count)) : await positionsMeeting(files, where, signal);
  const met = meeting.reduce((sum, positions) => sum + positions.length, 0);
  if (where !== null && met === 0 && records > 0) {
    const message = `data is ${data} and where is ${JSON.stringify(where)}: none of the ${records} records meets it`;
    throw new SteadfastError('Config.Invalid', message);
  }
  if (sample === null || sample >= met) return { positions: meeting, records };
  const drawn = new Set(shuffled(range(met), deriveSeed(seed, 'sample')).slice(0, sample));
  let before = 0;
  const positions = meeting.map((of) => {
    const first = before;
    before += of.length;
    return of.filter((_, i) => drawn.has(first + i));
  });
  return { positions, records };
}

async function positionsMeeting(
  files: readonly RecordFile[],
  where: string,
  signal?: AbortSignal,
): Promise<number[][]> {
  const condition = createCondition(where);
  const positions: number[][] = [];
  for (const file of files) {
    const met: number[] = [];
    condition.know(file.fields ?? []);
    const fields = file.fields?.filter((field) => condition.fields.includes(field)) ?? null;
    for await (const { position, record, where: place } of file.read({ fields, positions: null })) {
      signal?.throwIfAborted();
      if (condition.accepts(record, place)) met.push(position);
    }
    positions.push(met);
  }
  condition.finish();
  return positions;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
