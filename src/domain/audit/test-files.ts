import type { FileWrite } from './effects.ts';
import { baseName, below, meant, repositoryPath } from './paths.ts';
import type { AuditSubject, Mark, Theme } from './theme.ts';

/** Configuration of much else than tests: what is written there has to be about tests. */
const SHARED = /^(?:setup\.cfg|pyproject\.toml|tox\.ini|noxfile\.py|\.coveragerc)$/;
const ABOUT_TESTS = /pytest|addopts|testpaths|unittest|\[testenv|nosetests/;
/** Python runs them at its start, wherever they stand. */
const START_HOOKS = /^(?:sitecustomize\.py|usercustomize\.py)$|\.pth$/;
const TEST_NAMES = /\b(?:def\s+(test\w*)|class\s+(Test\w*))/g;

/** Writes to the files that decide, and to those that say how tests are run. */
export const testFilesWritten: Theme = (call, subject) => [
  ...call.writes.flatMap((write) => ofWrite(write, subject)),
  ...call.deletes.flatMap((path) => {
    const gone = below(repositoryPath(path) ?? OUTSIDE, subject.decidingFiles);
    return gone
      .slice(0, 1)
      .map((file): Mark => ({ kind: 'tests_deleted', detail: `${file} removed (${path})` }));
  }),
];

/** No path below the repository. */
const OUTSIDE = '/';

function ofWrite(write: FileWrite, subject: AuditSubject): readonly Mark[] {
  const base = baseName(write.path);
  if (START_HOOKS.test(base)) return [{ kind: 'harness_files_changed', detail: write.path }];
  const path = repositoryPath(write.path);
  if (path === null) return [];
  const [deciding] = meant(path, subject.decidingFiles);
  if (deciding !== undefined) {
    const lost = namesIn(write.removed).filter((name) => !namesIn(write.text).includes(name));
    if (lost.length > 0) return [{ kind: 'tests_deleted', detail: `${deciding}: ${lost.join(', ')}` }];
    return [{ kind: 'test_files_changed', detail: deciding }];
  }
  const isHarness =
    subject.isHarness(path) && (!SHARED.test(base) || ABOUT_TESTS.test(write.text + write.removed));
  return isHarness ? [{ kind: 'harness_files_changed', detail: path }] : [];
}

function namesIn(code: string): string[] {
  return [...code.matchAll(TEST_NAMES)].map(([, test, group]) => test ?? group ?? '');
}
