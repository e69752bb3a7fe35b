import { testFilesOf, type Instance } from '../../domain/instance.ts';
import { patchSections } from './patch-sections.ts';

/** Files that decide how tests are run, wherever they stand. */
const HARNESS_FILES: ReadonlySet<string> = new Set([
  'conftest.py',
  'pytest.ini',
  '.pytest.ini',
  'pytest.toml',
  '.pytest.toml',
  'tox.ini',
  'sitecustomize.py',
  'usercustomize.py',
]);

/** The files that the listed tests are in: those of their node ids, and those that SWE-bench's test patch writes. */
export function decidingFiles(instance: Instance): ReadonlySet<string> {
  const patched = instance.testPatch === null ? [] : patchSections(instance.testPatch);
  return new Set([...testFilesOf(instance), ...patched.flatMap((section) => section.paths)]);
}

/** What is left of a diff without its changes to the deciding files and to the test harness's own. */
export function withoutTestFiles(patch: string, instance: Instance): string {
  const deciding = decidingFiles(instance);
  return patchSections(patch)
    .filter(({ paths }) => !paths.some((path) => deciding.has(path) || isHarnessFile(path)))
    .map(({ text }) => text)
    .join('');
}

/** The deciding files that a patch changes. */
export function testFilesTouched(patch: string, instance: Instance): readonly string[] {
  const deciding = decidingFiles(instance);
  const paths = patchSections(patch).flatMap((section) => section.paths);
  return [...new Set(paths.filter((path) => deciding.has(path)))];
}

function isHarnessFile(path: string): boolean {
  return HARNESS_FILES.has(path.slice(path.lastIndexOf('/') + 1));
}
