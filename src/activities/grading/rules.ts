import type { Instance } from '../../domain/instance.ts';
import type { TestOutcome } from '../../domain/reward.ts';
import type { Judgement, TestRun } from '../../schemas/test-run.ts';
import { hasPytestIds } from './test-command.ts';
import { testFilesTouched } from './test-files.ts';

/** The rules that need no run, by the record alone; null when none speaks against the instance. */
export function judgeRecord(instance: Instance): Judgement | null {
  if (instance.failToPass.length === 0) return reject('empty_f2p', 'FAIL_TO_PASS is empty');
  const touched = instance.bugPatch === null ? [] : testFilesTouched(instance.bugPatch, instance);
  if (touched.length > 0) {
    return reject('touches_tests', `the bug patch changes ${touched.join(', ')}, where listed tests are`);
  }
  if (!hasPytestIds(instance)) {
    return reject('unsupported_tests', 'its tests are not pytest node ids of a Python project');
  }
  return null;
}

/**
 * The quality filter's rules over the runs of an instance's tests: without the bug (`sound`) every FAIL_TO_PASS test
 * passes; with it (`buggy`, as often as it was run) every FAIL_TO_PASS test fails and every PASS_TO_PASS test still
 * passes. Runs with the bug that differ make it flaky.
 */
export function judgeRuns(instance: Instance, sound: TestRun, buggy: readonly TestRun[]): Judgement {
  const skipped = instance.passToPass.filter((id) => sound.outcomes[id] === 'skipped');
  const kept = { skippedInBaseline: skipped };
  const [run] = buggy;
  const broken = firstBad(instance.failToPass, sound, (outcome) => outcome !== 'passed');
  if (broken !== null) {
    return {
      ...reject('f2p_fails_before', `FAIL_TO_PASS does not pass without the bug: ${broken}`),
      ...kept,
    };
  }
  const unsteady = buggy.flatMap((other) => differing(run, other))[0];
  if (unsteady !== undefined) {
    return { ...reject('flaky', `with the bug, runs of ${unsteady} differ`), ...kept };
  }
  const passing = firstBad(instance.failToPass, run, (outcome) => outcome === 'passed');
  if (passing !== null) {
    return { ...reject('f2p_passes_after', `FAIL_TO_PASS passes with the bug: ${passing}`), ...kept };
  }
  const known = new Set(skipped);
  const lost = instance.passToPass.filter((id) => !(known.has(id) && run?.outcomes[id] === 'skipped'));
  const lostOne = firstBad(lost, run, (outcome) => outcome !== 'passed');
  if (lostOne !== null) {
    return { ...reject('p2p_breaks_after', `PASS_TO_PASS does not pass with the bug: ${lostOne}`), ...kept };
  }
  const needed = instance.passToPass.filter((id) => !known.has(id));
  const unsound = firstBad(needed, sound, (outcome) => outcome !== 'passed');
  if (unsound !== null) {
    return {
      ...reject('p2p_fails_before', `PASS_TO_PASS does not pass without the bug: ${unsound}`),
      ...kept,
    };
  }
  return { verdict: 'accept', reason: null, detail: '', ...kept };
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

/** A judgement against an instance, made without a run of its sound tree. */
export function reject(reason: string, detail: string): Judgement {
  return { verdict: 'reject', reason, detail, skippedInBaseline: null };
}

function differing(a: TestRun | undefined, b: TestRun): string[] {
  return Object.keys(b.outcomes).filter((id) => a?.outcomes[id] !== b.outcomes[id]);
}
