import { SteadfastError } from '../../domain/failures.ts';
import type { SandboxSpec } from '../../ports/sandbox.ts';

/** Where R2E-Gym's images hold, beside the repository, the tests that its records' test patches add. */
const R2E_TESTS = '/r2e_tests';

/** Folders of the instance's image over which nothing is laid: they hold the tests that decide, and grading brings its own. */
export function coveredFolders({ instance }: SandboxSpec): readonly string[] {
  const isR2e = /^diff --git a\/r2e_tests\//m.test(instance.testPatch ?? '');
  return isR2e && instance.source.kind === 'image' ? [R2E_TESTS] : [];
}

/** The paths that opening takes away; `Instance.Invalid` for one that does not stand below /testbed. */
export function hiddenPaths({ hidden = [], instance }: SandboxSpec): readonly string[] {
  const odd = hidden.find((path) => path.split('/').some((part) => ['', '.', '..', '.git'].includes(part)));
  if (odd === undefined) return [...new Set(hidden)].toSorted();
  throw new SteadfastError(
    'Instance.Invalid',
    `${instance.instanceId} hides ${JSON.stringify(odd)}; expected a path below the repository's folder`,
  );
}
