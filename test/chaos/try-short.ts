import assert from 'node:assert/strict';
import { survived } from './ledger.ts';
import type { Row } from './row.ts';
import { type Tried, tryRow } from './try-row.ts';

/** A few seeds of a row; a failing one is seen at length by `npm run chaos -- --faults <row> --seed <n>`. */
export async function tryShort(row: Row): Promise<void> {
  const tried: Tried[] = [];
  const seeds = Array.from({ length: row.short }, (_, i) => i + 1);
  const problem = await tryRow(
    row,
    seeds,
    () => true,
    (one) => tried.push(one),
  );
  const bad = tried.filter(({ outcome }) => !survived(outcome));
  assert.deepEqual(
    bad.map(({ seed, outcome }) => `seed ${seed}: ${outcome.broken}`),
    [],
  );
  assert.equal(problem, '');
  assert.equal(tried.length, row.short);
}
