import type { TestRunner } from '../domain/instance.ts';

/** A file that pytest collects, before the first `::`: modules, and text files with doctests. */
const PYTEST_ID = /^[^\s:][^:]*\.(py|pyx|pyi|txt|rst|md|ipynb|cfg|toml|ini|yml|yaml)(::|$)/;

/**
 * Who runs a record's tests. Our own reporters where the ids are a runner's that they know; else the data set's script.
 * A prefix of a parametrised id counts as pytest's: it is kept as it stands, and names every test that begins with it.
 */
export function runnerOf(language: string, repo: string, ids: readonly string[]): TestRunner {
  const isPython = language.startsWith('python');
  if (isPython && ids.every((id) => PYTEST_ID.test(id))) return 'pytest';
  if (isPython && repo.toLowerCase() === 'django/django') return 'django';
  return 'script';
}
