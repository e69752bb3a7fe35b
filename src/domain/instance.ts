/** Where an instance's repository comes from. */
export type Source =
  | {
      readonly kind: 'pypi-sdist';
      readonly name: string;
      readonly version: string;
      readonly filename: string;
      readonly sha256: string;
    }
  /** A commit of a git repository, by a URL that git clones. */
  | { readonly kind: 'git'; readonly url: string; readonly commit: string }
  /** A folder of this machine, named by its content as it was when the data was read. */
  | { readonly kind: 'folder'; readonly path: string; readonly digest: string }
  /** A container image that holds the repository at /testbed (SWE-smith, SWE-bench). */
  | { readonly kind: 'image'; readonly image: string };

/**
 * Who runs an instance's tests: our reporters for pytest and for Django's own runner, which read outcomes from the
 * runner itself, or the data set's script, whose log the official parsers read.
 */
export type TestRunner = 'pytest' | 'django' | 'script';

/** How the instance's public data set runs and reads its tests. */
export interface OfficialHarness {
  readonly harness: 'swebench' | 'swesmith';
  /** Bash that resets the test files, applies the test patch and runs the tests between the markers; null in SWE-smith. */
  readonly evalScript: string | null;
  /** Name of the official parser; null where the harness finds it by repository. */
  readonly logParser: string | null;
  readonly evalType: 'pass_and_fail' | 'fail_only' | null;
  /** The record as the official harness takes it, fields that it does not read left out. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** The family of a record; it decides what `patch` means. */
export type InstanceFormat = 'swe-smith' | 'swe-bench' | 'pypi-sdist';

/** One SWE task, parsed: each patch stands under what it does, whatever its record called it. */
export interface Instance {
  readonly instanceId: string;
  readonly format: InstanceFormat;
  readonly repo: string;
  readonly problemStatement: string;
  /** Exact node ids of tests that the bug breaks and the fix mends. */
  readonly failToPass: readonly string[];
  /** Exact node ids of tests that pass with and without the bug. */
  readonly passToPass: readonly string[];
  readonly source: Source;
  /** Applied before the rollout: creates the bug (SWE-smith). Null where the source has the bug already (SWE-bench). */
  readonly bugPatch: string | null;
  /** The fix (SWE-bench). Null where the fix is `bugPatch` in reverse (SWE-smith). */
  readonly goldPatch: string | null;
  /** Applied before grading: adds the tests that decide (SWE-bench). */
  readonly testPatch: string | null;
  readonly baseCommit: string | null;
  readonly language: string;
  /** Pip requirements of the tests beside pytest itself; empty where an image holds them. */
  readonly requirements: readonly string[];
  readonly runner: TestRunner;
  /** Null where no public harness knows the record. */
  readonly official: OfficialHarness | null;
}

/** The listed tests, each once, FAIL_TO_PASS first. */
export function listedTests(instance: Instance): readonly string[] {
  return [...new Set([...instance.failToPass, ...instance.passToPass])];
}

/** The file of a pytest node id: everything before the first `::`. */
export function testFileOf(nodeId: string): string {
  const end = nodeId.indexOf('::');
  return end === -1 ? nodeId : nodeId.slice(0, end);
}

/** The test files that an instance's listed tests live in, in order of first mention. */
export function testFilesOf(instance: Instance): readonly string[] {
  return [...new Set(listedTests(instance).map(testFileOf))];
}

/** Languages whose branches in SWE-smith have the deciding tests removed. */
const WITHOUT_TESTS: ReadonlySet<string> = new Set(['python', 'go', 'java']);

/**
 * Whether the data set keeps the tests that decide from the agent. Branches of SWE-smith do, for some languages; its
 * images hold the tests still.
 */
export function dataHidesTests({ format, source, language }: Instance): boolean {
  return format === 'swe-smith' && source.kind === 'image' && WITHOUT_TESTS.has(language);
}

/** Whether the repository is a test runner's or a harness's own: there, code about running tests is the task itself. */
export function isAboutTesting({ repo }: Pick<Instance, 'repo'>): boolean {
  return /pytest|unittest|pluggy|nose|tox\b|swe-?bench|testtools|hypothesis/i.test(repo);
}
