import { listedTests, type Instance } from '../../domain/instance.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { NotStarted, runTests, type TestBench } from './run-tests.ts';
import { suspicionOf } from './suspicion.ts';
import { listedOutcomes } from './listed-outcomes.ts';

/** What to run. */
export interface RunWhat {
  readonly stage: 'pristine' | 'bugged';
  /** Applied before the tests; '' is a patch like others. */
  readonly patch: string;
  /** Whether every listed test is made to fail after its body has run. */
  readonly control?: boolean;
}

/** The names of the sandboxes that a confirmed run opens. */
export function sandboxesOfRun(name: string): readonly [first: string, again: string, untouched: string] {
  return [name, `${name}-again`, `${name}-untouched`];
}

/**
 * A run of tests that counts. One that was cut short, or that ran out of something, is made again in a fresh sandbox,
 * since its host may be at fault: the second then counts, as what the patch does wherever it runs. A test runner that
 * does not start is the sandbox's fault and throws, unless it does start where the patch is left out.
 */
export async function confirmedRun(bench: TestBench, instance: Instance, what: RunWhat): Promise<TestRun> {
  const { stage, control = false } = what;
  const [name, again, untouched] = sandboxesOfRun(bench.name);
  const attempt = async (of: string, patch: string): Promise<TestRun | NotStarted> => {
    try {
      return await runTests({ ...bench, name: of, control }, instance, stage, patch);
    } catch (error) {
      if (error instanceof NotStarted) return error;
      throw error;
    }
  };
  const first = await attempt(name, what.patch);
  if (!(first instanceof NotStarted) && suspicionOf(first) === null) return first;
  const second = await attempt(again, what.patch);
  if (!(second instanceof NotStarted)) return second;
  // The project is a part of its own test runner, then, and the patch broke that.
  const starts = what.patch !== '' && !((await attempt(untouched, '')) instanceof NotStarted);
  if (starts) return nothingRun(instance, second.message);
  throw second;
}

function nothingRun(instance: Instance, log: string): TestRun {
  return {
    outcomes: listedOutcomes({}, listedTests(instance)),
    ended: false,
    spoofed: null,
    official: null,
    exitCode: null,
    timedOut: false,
    outOfMemory: false,
    log,
    durationMs: 0,
    patchApplied: true,
  };
}
