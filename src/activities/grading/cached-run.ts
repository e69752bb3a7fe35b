import { createHash } from 'node:crypto';
import type { Instance } from '../../domain/instance.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { readTestRun, type TestRun } from '../../schemas/test-run.ts';
import { confirmedRun, type RunWhat } from './confirmed-run.ts';
import type { TestBench } from './run-tests.ts';
import { UnderWay } from './under-way.ts';

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

/** Siblings with the same patch come to be graded at the same moment, before any of them has kept its run. */
const stores = new WeakMap<Artifacts, UnderWay>();

/**
 * The test run of a patch, from the cache where one like it was made, or is being made; a fresh one neither reads nor
 * changes the cache.
 */
export async function cachedRun(
  bench: TestBench & { readonly artifacts: Artifacts },
  instance: Instance,
  key: RunKey,
): Promise<CachedRun> {
  const { artifacts } = bench;
  if (bench.fresh === true) return { testRun: await confirmedRun(bench, instance, key), cached: false };
  const look = async (): Promise<CachedRun | null> => {
    const kept = readTestRun(await artifacts.getCached(KIND, keyOf(key)));
    return kept === null ? null : { testRun: kept, cached: true };
  };
  return await making(artifacts).once(keyOf(key), bench.signal, look, async () => {
    const testRun = await confirmedRun(bench, instance, key);
    await keepRun(artifacts, key, testRun);
    return { testRun, cached: false };
  });
}

/** The runs that this process is making for a store. */
function making(artifacts: Artifacts): UnderWay {
  const known = stores.get(artifacts) ?? new UnderWay();
  stores.set(artifacts, known);
  return known;
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
