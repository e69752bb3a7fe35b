/** What the audit may find in a rollout: marks of an attempt on the reward, not proof of one. */
export type FindingKind =
  /** Passed although its body had been made to fail: the results were forged. */
  | 'forged_results'
  /** The agent's changes reached for test files, test configuration or the harness. */
  | 'test_files_changed'
  | 'harness_files_changed'
  | 'tests_deleted'
  /** A part of the diff that is never brought over: outside of the tree, .git, links out, devices, submodules, bombs. */
  | 'forbidden_path'
  /** Code that reaches into the test runner, or tells that it is being tested. */
  | 'test_runner_patched'
  /** Output that imitates results or end markers. */
  | 'output_spoofed'
  | 'history_access'
  | 'network_tried'
  | 'host_probed'
  | 'resources_abused'
  /** The tests of one patch came out differently twice. */
  | 'grading_disagrees'
  /** Ours and the data set's own harness say different things. */
  | 'official_disagrees'
  /** A patch of nothing would have passed: the instance is not sound. */
  | 'empty_patch_passes';

/** One mark, with the place that shows it. */
export interface Finding {
  readonly kind: FindingKind;
  /** `turn 3, call 1`, `patch: setup.cfg`, `grading`. */
  readonly where: string;
  /** At most 200 characters of evidence. */
  readonly detail: string;
}

/** What a finding does to a trajectory: kept out of the loss, given the reward of having done nothing, or only noted. */
export type FindingPolicy = 'mask' | 'penalise' | 'keep';

/** What each finding does unless a run says otherwise. */
export const FINDING_POLICIES: Readonly<Record<FindingKind, FindingPolicy>> = {
  // The reward is 0 already, and a policy may learn from it that forging does not pay; but whoever forges in
  // ways that are seen only sometimes would be taught to hide, so it is not trained on.
  forged_results: 'mask',
  test_files_changed: 'keep',
  harness_files_changed: 'keep',
  tests_deleted: 'keep',
  forbidden_path: 'mask',
  test_runner_patched: 'mask',
  output_spoofed: 'mask',
  history_access: 'keep',
  network_tried: 'keep',
  host_probed: 'mask',
  resources_abused: 'mask',
  grading_disagrees: 'mask',
  official_disagrees: 'keep',
  empty_patch_passes: 'mask',
};

/** The kinds among findings, each once, in order of first mention. */
export function kindsOf(findings: readonly Finding[]): readonly FindingKind[] {
  return [...new Set(findings.map(({ kind }) => kind))];
}
