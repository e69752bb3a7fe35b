import { SteadfastError } from '../../domain/failures.ts';
import type { SandboxSpec } from '../../ports/sandbox.ts';

/** Where R2E-Gym's images hold, beside the repository, the tests that its records' test patches add. */
const R2E_TESTS = '/r2e_tests';

/** Folders of the instance's image over which nothing is laid: they hold the tests that decide, and grading brings its own. */
export function coveredFolders({ instance }: SandboxSpec): readonly string[] {
  return isR2e(instance) ? [R2E_TESTS] : [];
}

/** The paths that opening takes away; `Instance.Invalid` for one that does not stand below /testbed. */
export function hiddenPaths({ hidden = [], instance }: SandboxSpec): readonly string[] {
  const all = isR2e(instance) ? [...hidden, R2E_TESTS.slice(1)] : hidden;
  const odd = all.find((path) => path.split('/').some((part) => ['', '.', '..', '.git'].includes(part)));
  if (odd === undefined) return [...new Set(all)].toSorted();
  throw new SteadfastError(
    'Instance.Invalid',
    `${instance.instanceId} hides ${JSON.stringify(odd)}; expected a path below the repository's folder`,
  );
}

function isR2e({ testPatch, source }: SandboxSpec['instance']): boolean {
  return source.kind === 'image' && /^diff --git a\/r2e_tests\//m.test(testPatch ?? '');
}
