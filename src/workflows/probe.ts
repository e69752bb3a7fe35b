import { records } from './activities.ts';

const CALLS = 5;

/** Times the server: the mean milliseconds of a few activities that do nothing, one after another. */
export async function probe(): Promise<{ readonly meanMs: number }> {
  await records.noop();
  const start = Date.now();
  for (let i = 0; i < CALLS; i++) await records.noop();
  return { meanMs: (Date.now() - start) / CALLS };
}
