import { testFileOf, type Instance } from '../domain/instance.ts';

/**
 * The files that are taken away while an agent works, so that it cannot read what decides: those of the tests that it is
 * to make pass. None where the data hides them by itself (a test patch comes with the grading), or where the ids of the
 * tests do not name files.
 */
export function hiddenTests(instance: Instance): readonly string[] {
  if (instance.testPatch !== null || instance.runner !== 'pytest') return [];
  return [...new Set(instance.failToPass.map(testFileOf))].filter((path) => path.endsWith('.py'));
}
