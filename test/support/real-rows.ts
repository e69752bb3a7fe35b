import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Instance } from '../../src/domain/instance.ts';
import { realDatasets } from './grading-world.ts';
import { wholeOf } from './instance.ts';

/** One row of test/fixtures/real, read and as it stands. */
export interface RealRow {
  readonly instance: Instance;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Rows of a public data set, by the name of their file in test/fixtures/real. */
export async function realRows(file: string): Promise<readonly RealRow[]> {
  const path = fileURLToPath(new URL(`../fixtures/real/${file}`, import.meta.url));
  const { instances } = await realDatasets().load(wholeOf(path, true));
  const lines = (await readFile(path, 'utf8')).split('\n').filter(Boolean);
  return instances.map((instance, i) => ({
    instance,
    record: JSON.parse(lines[i] ?? '') as RealRow['record'],
  }));
}

/** Does something for each row, two at a time: one command is all that a sandbox's one core takes. */
export async function byTwos<T>(rows: readonly T[], work: (row: T) => Promise<void>): Promise<void> {
  const queue = [...rows];
  const lane = async (): Promise<void> => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) await work(row);
  };
  await Promise.all([lane(), lane()]);
}
