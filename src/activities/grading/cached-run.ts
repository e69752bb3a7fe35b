import { createHash } from 'node:crypto';
import { deriveSeed } from '../../domain/seeds.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { readTestRun, type TestRun } from '../../schemas/test-run.ts';
import { runTests, type TestBench } from './run-tests.ts';

/** Kind of the cache of test runs; raise the number when runs come to be made or read in another way. */
const KIND = 'test-run-1';

/** One cached run in fifty is made again, to see flaky tests. */
const SAMPLE = 50;

/** A run of tests, and whether it contradicted the one that was kept. */
export interface CheckedRun {
  readonly testRun: TestRun;
  readonly cached: boolean;
  readonly flaky: boolean;
}

/** What a kept run is a function of. */
export interface RunKey {
  /** sha256 of the parsed instance, or of what the run uses of it. */
  readonly digest: string;
  readonly environment: string;
  readonly stage: 'pristine' | 'bugged';
  /** Applied before the tests; '' is a patch like others. */
  readonly patch: string;
}

/**
 * The test run of a patch, from the cache where one like it was made. A seeded sample is made again all the same: when
 * its outcomes differ the tests are flaky, and the kept run is forgotten.
 */
export async function cachedRun(
  bench: TestBench & { readonly artifacts: Artifacts },
  instance: Instance,
  key: RunKey,
): Promise<CheckedRun> {
  const { artifacts, name } = bench;
  const file = keyOf(key);
  const kept = readTestRun(await artifacts.getCached(KIND, file));
  if (kept !== null && deriveSeed(name, file) % SAMPLE !== 0) {
    return { testRun: kept, cached: true, flaky: false };
  }
  const testRun = await runTests(bench, instance, key.stage, key.patch);
  const flaky = kept !== null && !sameOutcomes(kept, testRun);
  await artifacts.putCached(KIND, file, flaky ? null : testRun);
  return { testRun, cached: false, flaky };
}

/** Keeps a run that was made elsewhere, so that grading that patch finds it. */
export async function keepRun(artifacts: Artifacts, key: RunKey, testRun: TestRun): Promise<void> {
  await artifacts.putCached(KIND, keyOf(key), testRun);
}

/** Whether two runs found the same for every test. */
function sameOutcomes(a: TestRun, b: TestRun): boolean {
  const ids = Object.keys(a.outcomes);
  return (
    ids.length === Object.keys(b.outcomes).length && ids.every((id) => a.outcomes[id] === b.outcomes[id])
  );
}

/** The sha256 of texts, none of which can run into the next. */
export function digestOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function keyOf(key: RunKey): string {
  return digestOf(key.digest, key.environment, key.stage, key.patch);
}
