import type { Instance } from '../../domain/instance.ts';
import type { TestOutcome } from '../../domain/reward.ts';
import type { Judgement } from '../../schemas/judgement.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { worstFlake, type Flake } from './flakes.ts';
import { testFilesTouched } from './test-files.ts';

/** The rules that need no run, by the record alone; null when none speaks against the instance. */
export function judgeRecord(instance: Instance): Judgement | null {
  if (instance.failToPass.length === 0) return reject('empty_f2p', 'FAIL_TO_PASS is empty');
  const touched = instance.bugPatch === null ? [] : testFilesTouched(instance.bugPatch, instance);
  if (touched.length > 0) {
    return reject('touches_tests', `the bug patch changes ${touched.join(', ')}, where listed tests are`);
  }
  const unsupported = instance.runner === 'script' ? unreadable(instance.official) : null;
  if (unsupported !== null)
    return reject('unsupported_tests', `its tests are neither pytest's nor Django's, and ${unsupported}`);
  return null;
}

/** Why the log of a data set's script says nothing of a test that passed; null where it does. */
function unreadable(official: Instance['official']): string | null {
  if (official === null) return 'its record names no official harness';
  return official.evalType === 'fail_only' ? 'its official log tells of failures alone' : null;
}

/** Runs of an instance's tests; each answers every listed test, but for those that were made around the bug alone. */
export interface Runs {
  /** Without the bug: the source as published, or with the gold patch. At least one. */
  readonly sound: readonly TestRun[];
  /** With the bug; the first answers every listed test. */
  readonly buggy: readonly TestRun[];
}

/**
 * The quality filter's rules over the runs of an instance's tests: without the bug every FAIL_TO_PASS test passes; with
 * it every FAIL_TO_PASS test fails and every PASS_TO_PASS test still passes. Runs of one tree that differ make it flaky,
 * whatever else they say. With the bug in place nothing is mended, so doing nothing cannot pass either.
 */
export function judgeRuns(instance: Instance, { sound, buggy }: Runs): Judgement {
  const [whole] = sound;
  const [run] = buggy;
  const skipped = instance.passToPass.filter((id) => whole?.outcomes[id] === 'skipped');
  const found = { skippedInBaseline: skipped, runs: buggy.length };
  const without = worstFlake(sound);
  if (without !== null) return { ...flaky('without', without, sound.length), ...found };
  const broken = firstBad(instance.failToPass, whole, (outcome) => outcome !== 'passed');
  if (broken !== null) {
    return {
      ...reject('f2p_fails_before', `FAIL_TO_PASS does not pass without the bug: ${broken}`),
      ...found,
    };
  }
  const flake = worstFlake(buggy);
  if (flake !== null) return { ...flaky('with', flake, buggy.length), ...found };
  const passing = firstBad(instance.failToPass, run, (outcome) => outcome === 'passed');
  if (passing !== null) {
    return { ...reject('f2p_passes_after', `FAIL_TO_PASS passes with the bug: ${passing}`), ...found };
  }
  const known = new Set(skipped);
  const lost = instance.passToPass.filter((id) => !(known.has(id) && run?.outcomes[id] === 'skipped'));
  const lostOne = firstBad(lost, run, (outcome) => outcome !== 'passed');
  if (lostOne !== null) {
    return { ...reject('p2p_breaks_after', `PASS_TO_PASS does not pass with the bug: ${lostOne}`), ...found };
  }
  const needed = instance.passToPass.filter((id) => !known.has(id));
  const unsound = firstBad(needed, whole, (outcome) => outcome !== 'passed');
  if (unsound !== null) {
    return {
      ...reject('p2p_fails_before', `PASS_TO_PASS does not pass without the bug: ${unsound}`),
      ...found,
    };
  }
  return { verdict: 'accept', reason: null, detail: '', flakeScore: 0, ...found };
}

/** A judgement against an instance, made without a run of its sound tree. */
export function reject(reason: string, detail: string): Judgement {
  return { verdict: 'reject', reason, detail, skippedInBaseline: null, runs: 0, flakeScore: 0 };
}

function flaky(how: 'with' | 'without', flake: Flake, runs: number): Judgement {
  const differing = Math.round(flake.score * runs);
  const more = flake.tests === 1 ? '' : `, and ${flake.tests - 1} more tests`;
  const detail = `${how} the bug, ${flake.test} came out otherwise in ${differing} of ${runs} runs${more}`;
  return { ...reject('flaky', detail), flakeScore: Number(flake.score.toFixed(3)) };
}

/** The tests that a rule finds bad in a run, in words; null when there are none. */
function firstBad(
  ids: readonly string[],
  run: TestRun | undefined,
  isBad: (outcome: TestOutcome) => boolean,
): string | null {
  const bad = ids.filter((id) => isBad(run?.outcomes[id] ?? 'missing'));
  const [example] = bad;
  if (example === undefined) return null;
  return `${bad.length} of ${ids.length}, e.g. ${example} (${run?.outcomes[example] ?? 'missing'})`;
}
