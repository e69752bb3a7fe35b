import { listedTests, type Instance } from '../../domain/instance.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { cachedRun, type RunKey } from './cached-run.ts';
import type { TestBench } from './run-tests.ts';

/** What a control run showed: null where every listed test failed, as it was made to. */
export type Forgery = string | null;

/** The names below which control runs open their sandboxes. */
export function controlNames(name: string): readonly [own: string, untouched: string] {
  return [`${name}-control`, `${name}-control-untouched`];
}

/**
 * Runs the listed tests of a patched tree so that each fails after its body has run: whatever passes all the same, or
 * keeps the run from its end, was forged. What an untouched tree does in such a run is nobody's forgery (a test that
 * expects every exception, one that hangs when it fails), so that is asked before anybody is accused.
 */
export async function forgeryIn(
  bench: TestBench & { readonly artifacts: Artifacts },
  instance: Instance,
  key: RunKey,
): Promise<Forgery> {
  const [own, untouchedName] = controlNames(bench.name);
  const { testRun } = await cachedRun({ ...bench, name: own }, instance, { ...key, control: true });
  const listed = listedTests(instance);
  if (signsIn(testRun, listed).length === 0) return null;
  const untouchedKey = { ...key, patch: '', control: true };
  const untouched = await cachedRun({ ...bench, name: untouchedName }, instance, untouchedKey);
  const known = new Set(signsIn(untouched.testRun, listed));
  const signs = signsIn(testRun, listed).filter((sign) => !known.has(sign));
  const [example] = signs;
  if (example === undefined) return null;
  const more = signs.length > 1 ? ` (and ${signs.length - 1} more)` : '';
  return `${example}${more}`.slice(0, 200);
}

/** What tells a control run from one in which every listed test failed. */
function signsIn(run: TestRun, listed: readonly string[]): readonly string[] {
  const passed = listed.filter((id) => run.outcomes[id] === 'passed').map((id) => `${id} passed`);
  const spoofed = run.spoofed === null ? [] : [run.spoofed];
  return [...passed, ...spoofed, ...(run.ended ? [] : ['the control run did not come to its end'])];
}
