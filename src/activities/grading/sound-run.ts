import { listedTests, testFilesOf, type Instance } from '../../domain/instance.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { readTestRun, type TestRun } from '../../schemas/test-run.ts';
import { digestOf } from './cached-run.ts';
import { runTestFiles, runTests, type TestBench } from './run-tests.ts';
import { listedOutcomes } from './test-report.ts';

/** Kind of the cache of whole runs without a bug; raise the number when runs come to be made in another way. */
const KIND = 'sound-run-1';

/**
 * The run of an instance's listed tests without its bug: the source as published, or the image with the gold patch.
 * Instances of one source distribution with the same test files share it.
 */
export async function sharedSoundRun(
  bench: TestBench & { readonly artifacts: Artifacts },
  instance: Instance,
  environment: string,
): Promise<TestRun> {
  const { source } = instance;
  if (source.kind === 'image') return await runTests(bench, instance, 'pristine', instance.goldPatch ?? '');
  const { artifacts } = bench;
  const files = testFilesOf(instance).toSorted();
  const key = digestOf(source.sha256, environment, ...files);
  const whole =
    readTestRun(await artifacts.getCached(KIND, key)) ??
    (await runTestFiles(bench, instance, 'pristine', ''));
  // A run that was cut may be the machine's fault; it speaks for this instance alone.
  if (!whole.timedOut) await artifacts.putCached(KIND, key, whole);
  return { ...whole, outcomes: listedOutcomes(whole.outcomes, listedTests(instance)) };
}
