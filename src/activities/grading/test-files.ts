import { testFilesOf, type Instance } from '../../domain/instance.ts';
import { folded } from './patch/paths.ts';
import { patchSections } from './patch/sections.ts';

/** Files that decide how tests are run, wherever they stand: configuration of test runners, and hooks of Python's start. */
const HARNESS_FILES: ReadonlySet<string> = new Set([
  'conftest.py',
  'pytest.ini',
  '.pytest.ini',
  'pytest.toml',
  '.pytest.toml',
  'tox.ini',
  'setup.cfg',
  'pyproject.toml',
  '.coveragerc',
  'noxfile.py',
  'nose.cfg',
  '.noserc',
  'unittest.cfg',
  'phpunit.xml',
  'phpunit.xml.dist',
  '.rspec',
  'sitecustomize.py',
  'usercustomize.py',
  'pyvenv.cfg',
]);
/** Runners' configurations of many extensions, start-up hooks, bytecode that would stand in for a source. */
const HARNESS_PATTERNS = [
  /^(?:jest|vitest|karma|playwright|cypress)\.conf(?:ig)?\.[a-z]+$/,
  /^\.mocharc(?:\.[a-z]+)?$/,
  /\.pth$/,
  /\.py[co]$/,
];
/** Metadata whose entry points pytest loads as plugins. */
const METADATA = /\.(?:egg-info|dist-info)$/;
/** Modules that the runner is made of: one of the tree's own would shadow them. */
const RUNNER_MODULES: ReadonlySet<string> = new Set(['pytest', '_pytest', 'pluggy', 'iniconfig', 'py']);
const TEST_FOLDERS: ReadonlySet<string> = new Set(['tests', 'test', '__tests__', 'spec', 'specs']);
const TEST_NAME = /^tests?[_.]|[_.-](?:tests?|spec)\.[a-z]+$|^tests?\.[a-z]+$/;

/** What a path is to the grading. */
export type PathRole = 'test' | 'harness' | 'free';

/** The files that the listed tests are in: those of their node ids, and those that SWE-bench's test patch writes. */
export function decidingFiles(instance: Instance): ReadonlySet<string> {
  const patched = instance.testPatch === null ? [] : patchSections(instance.testPatch);
  return new Set([...testFilesOf(instance), ...patched.flatMap((section) => section.paths)]);
}

/** The deciding files that a patch changes. */
export function testFilesTouched(patch: string, instance: Instance): readonly string[] {
  const deciding = decidingFiles(instance);
  const paths = patchSections(patch).flatMap((section) => section.paths);
  return [...new Set(paths.filter((path) => deciding.has(path)))];
}

/**
 * Tells what paths are to an instance's grading. Tests are the deciding files, whatever stands below the topmost folder
 * of tests that holds one, and test files beside one; a library's own folder of such a name (`django/test`) holds none
 * and stays free. What the fix itself changes is the instance's subject and free too, a deciding file apart.
 */
export function pathRoles(instance: Instance): (path: string) => PathRole {
  const deciding = [...decidingFiles(instance)].filter((path) => path.includes('.')).map(folded);
  const exact = new Set(deciding);
  const above = new Set(deciding.flatMap(ancestors));
  const folders = new Set(deciding.flatMap((path) => testFolderOf(path) ?? []));
  const beside = new Set(deciding.map(folderOf));
  const subject = new Set(
    [instance.bugPatch, instance.goldPatch]
      .flatMap((patch) => patchSections(patch ?? ''))
      .flatMap(({ paths }) => paths.map(folded)),
  );
  const ownRunner = isTestRunner(instance);

  return (path) => {
    const name = folded(path);
    // A file in a folder's place takes the folder's tests away, as a folder does in a test file's place.
    if (exact.has(name) || above.has(name) || ancestors(name).some((folder) => exact.has(folder)))
      return 'test';
    if (subject.has(name)) return 'free';
    if (isHarness(name) || (!ownRunner && shadowsRunner(name))) return 'harness';
    if (ancestors(name).some((folder) => folders.has(folder))) return 'test';
    return beside.has(folderOf(name)) && TEST_NAME.test(baseOf(name)) ? 'test' : 'free';
  };
}

/** Whether the instance's own project is a test runner, or a plugin of one, whose modules are no shadows then. */
function isTestRunner(instance: Instance): boolean {
  return /pytest|pluggy|unittest|nose/.test(instance.repo);
}

function isHarness(path: string): boolean {
  const base = baseOf(path);
  return (
    HARNESS_FILES.has(base) ||
    HARNESS_PATTERNS.some((pattern) => pattern.test(base)) ||
    path.split('/').some((part) => METADATA.test(part))
  );
}

/** At the roots that imports start from. */
function shadowsRunner(path: string): boolean {
  const [module = ''] = path.replace(/^(?:src|lib)\//, '').split('/');
  return (
    RUNNER_MODULES.has(module) ||
    (/\.(?:py|so)$/.test(module) && RUNNER_MODULES.has(module.split('.')[0] ?? ''))
  );
}

/** The topmost folder of tests above a file; `testing` is one at the top alone, for libraries have packages of that name. */
function testFolderOf(path: string): string | null {
  return ancestors(path).find((folder) => folder === 'testing' || TEST_FOLDERS.has(baseOf(folder))) ?? null;
}

/** The folders above a path, the topmost first. */
function ancestors(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
