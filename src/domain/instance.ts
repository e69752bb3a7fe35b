/** Where an instance's repository comes from. */
export type Source =
  | {
      readonly kind: 'pypi-sdist';
      readonly name: string;
      readonly version: string;
      readonly filename: string;
      readonly sha256: string;
    }
  /** A container image that holds the repository at /testbed (SWE-smith, SWE-bench). */
  | { readonly kind: 'image'; readonly image: string };

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
