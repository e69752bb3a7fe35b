import { createHash } from 'node:crypto';
import type { Instance } from '../../domain/instance.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { readTestRun, type TestRun } from '../../schemas/test-run.ts';
import { confirmedRun, type RunWhat } from './confirmed-run.ts';
import type { TestBench } from './run-tests.ts';

/** Kind of the cache of test runs; raise the number when runs come to be made or read in another way. */
const KIND = 'test-run-3';

/** A run of tests, and whether it was kept from earlier. */
export interface CachedRun {
  readonly testRun: TestRun;
  readonly cached: boolean;
}

/** What a kept run is a function of. */
export interface RunKey extends RunWhat {
  /** sha256 of the parsed instance, or of what the run uses of it: its requirements and its runner among them. */
  readonly digest: string;
  readonly environment: string;
}

/** The test run of a patch, from the cache where one like it was made; a fresh one neither reads nor changes the cache. */
export async function cachedRun(
  bench: TestBench & { readonly artifacts: Artifacts },
  instance: Instance,
  key: RunKey,
): Promise<CachedRun> {
  const { artifacts } = bench;
  if (bench.fresh === true) return { testRun: await confirmedRun(bench, instance, key), cached: false };
  const kept = readTestRun(await artifacts.getCached(KIND, keyOf(key)));
  if (kept !== null) return { testRun: kept, cached: true };
  const testRun = await confirmedRun(bench, instance, key);
  await keepRun(artifacts, key, testRun);
  return { testRun, cached: false };
}

/** Keeps a run that was made elsewhere, so that grading that patch finds it. */
export async function keepRun(artifacts: Artifacts, key: RunKey, testRun: TestRun): Promise<void> {
  await artifacts.putCached(KIND, keyOf(key), testRun);
}

/** Forgets a run that another one contradicted. */
export async function forgetRun(artifacts: Artifacts, key: RunKey): Promise<void> {
  await artifacts.putCached(KIND, keyOf(key), null);
}

/** The sha256 of texts, none of which can run into the next. */
export function digestOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function keyOf({ digest, environment, stage, patch, control = false }: RunKey): string {
  return digestOf(digest, environment, stage, patch, String(control));
}
