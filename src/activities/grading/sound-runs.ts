import { listedTests, testFilesOf, type Instance, type Source } from '../../domain/instance.ts';
import { deriveSeed } from '../../domain/seeds.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { readTestRun, type TestRun } from '../../schemas/test-run.ts';
import { allowedPart } from './allowed-part.ts';
import { digestOf } from './cached-run.ts';
import { listedOutcomes } from './listed-outcomes.ts';
import { Repeats } from './repeats.ts';
import { runTestFiles, type TestBench } from './run-tests.ts';
import { steadyRun, type Memory } from './steady-run.ts';

/** Kind of the cache of whole runs without a bug; raise the number when runs come to be made in another way. */
const KIND = 'sound-run-3';

/** One of the runs that instances of one source share. */
interface WhichSoundRun {
  readonly instance: Instance;
  readonly environment: string;
  /** Which of its runs; the first is 0. */
  readonly n: number;
}

type SoundBench = TestBench & { readonly artifacts: Artifacts };

/**
 * Runs of an instance's listed tests without its bug, which instances of one source with the same tests share. Two that are
 * judged at once begin at different ones of the `count` that are wanted; one that its host spoiled is forgotten, and others
 * stand in for it.
 */
export function sharedSoundRuns(
  bench: SoundBench,
  of: Omit<WhichSoundRun, 'n'> & { readonly memory: Memory; readonly count: number },
): Repeats {
  const { instance, environment, memory, count } = of;
  const shift = deriveSeed(bench.name);
  const numbers = new Map<TestRun, number>();
  let made = 0;
  return new Repeats(
    async () => {
      const i = made++;
      const n = i === 0 || i >= count ? i : 1 + ((shift + i - 1) % (count - 1));
      const run = await sharedSoundRun(bench, { instance, environment, memory, n });
      numbers.set(run, n);
      return run;
    },
    async (spoiled) => {
      const key = keyOf({ instance, environment, n: numbers.get(spoiled) ?? 0 });
      await bench.artifacts.putCached(KIND, key, null);
    },
  );
}

/**
 * The n-th run of an instance's listed tests without its bug: the source as published, with the gold patch where it has
 * one.
 */
async function sharedSoundRun(
  bench: SoundBench,
  options: WhichSoundRun & { readonly memory: Memory },
): Promise<TestRun> {
  const { instance, memory } = options;
  const { artifacts } = bench;
  const key = keyOf(options);
  const kept = bench.fresh === true ? null : readTestRun(await artifacts.getCached(KIND, key));
  const known = kept === null ? null : listedRun(kept, instance);
  // The list decides a few of the runner's options, so one that another list brought about may lack a test of this one.
  if (known !== null && !Object.values(known.outcomes).includes('missing')) return known;
  // As a grading brings it over: a fix that holds the tests that decide could be nobody's.
  const gold = allowedPart(instance.goldPatch ?? '', instance).patch;
  const whole = await steadyRun(
    memory,
    async (limits) => await runTestFiles({ ...bench, limits }, instance, 'pristine', gold),
  );
  await artifacts.putCached(KIND, key, whole);
  return listedRun(whole, instance);
}

function listedRun(whole: TestRun, instance: Instance): TestRun {
  return { ...whole, outcomes: listedOutcomes(whole.outcomes, listedTests(instance)) };
}

function keyOf({ instance, environment, n }: WhichSoundRun): string {
  return digestOf(
    contentOf(instance.source),
    environment,
    instance.goldPatch ?? '',
    instance.testPatch ?? '',
    ...instance.requirements,
    instance.runner,
    ...testsOf(instance),
    String(n),
  );
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
