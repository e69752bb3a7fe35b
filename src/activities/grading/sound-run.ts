import { listedTests, testFilesOf, type Instance, type Source } from '../../domain/instance.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { readTestRun, type TestRun } from '../../schemas/test-run.ts';
import { digestOf } from './cached-run.ts';
import { runTestFiles, type TestBench } from './run-tests.ts';
import { steadyRun, type Memory } from './steady-run.ts';
import { listedOutcomes } from './test-report.ts';

/** Kind of the cache of whole runs without a bug; raise the number when runs come to be made in another way. */
const KIND = 'sound-run-2';

/**
 * The n-th run of an instance's listed tests without its bug: the source as published, with the gold patch where it has
 * one. Instances of one source with the same tests share it.
 */
export async function sharedSoundRun(
  bench: TestBench & { readonly artifacts: Artifacts },
  options: {
    readonly instance: Instance;
    readonly environment: string;
    readonly memory: Memory;
    readonly n: number;
  },
): Promise<TestRun> {
  const { instance, environment, memory, n } = options;
  const { artifacts } = bench;
  const gold = instance.goldPatch ?? '';
  const key = digestOf(
    contentOf(instance.source),
    environment,
    gold,
    instance.testPatch ?? '',
    ...instance.requirements,
    instance.runner,
    ...testsOf(instance),
    String(n),
  );
  const shared = readTestRun(await artifacts.getCached(KIND, key));
  // The list decides a few of the runner's options, so one that another list brought about may lack a test of this one.
  const known = shared !== null && listedTests(instance).every((id) => id in shared.outcomes) ? shared : null;
  const whole =
    known ??
    (await steadyRun(
      memory,
      async (limits) => await runTestFiles({ ...bench, limits }, instance, 'pristine', gold),
    ));
  if (known === null) await artifacts.putCached(KIND, key, whole);
  return { ...whole, outcomes: listedOutcomes(whole.outcomes, listedTests(instance)) };
}

/** What a source holds, by its name alone where that says it: two paths to one folder are one source. */
function contentOf(source: Source): string {
  if (source.kind === 'pypi-sdist') return source.sha256;
  if (source.kind === 'git') return source.commit;
  return source.kind === 'folder' ? source.digest : source.image;
}

/** What is run: pytest runs whole files, other runners the listed tests. */
function testsOf(instance: Instance): readonly string[] {
  return (instance.runner === 'pytest' ? testFilesOf(instance) : listedTests(instance)).toSorted();
}
