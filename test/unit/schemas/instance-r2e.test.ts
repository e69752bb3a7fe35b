import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { instanceIdOf, parseInstance } from '../../../src/schemas/instance.ts';

const range = (start: number, length: number | null) => ({ start, length });
const line = (type: string, content: string) => ({ type, content });
const log = (...outcomes: readonly string[]): string =>
  `=== short test summary info ===\n${outcomes.map((one) => `\u001b[32m${one}\u001b[0m`).join('\n')}\n`;

/** The commit that mends the bug, as it is parsed. */
const commit = {
  old_commit_hash: 'a'.repeat(40),
  file_diffs: [
    {
      header: { file: { path: 'src/a.py' } },
      is_binary_file: false,
      minus_file: { path: 'a/src/a.py' },
      plus_file: { path: 'b/src/a.py' },
      hunks: [
        {
          descriptor: { old_range: range(1, 2), new_range: range(1, 2), section: 'def f():' },
          line_group: {
            all_lines: [
              line('context', 'y'),
              line('deleted', 'x = 1'),
              line('added', 'x = 2'),
              line('note', 'No newline at end of file'),
            ],
          },
        },
      ],
    },
    {
      header: { file: { path: 'tests/test_a.py' } },
      minus_file: { path: 'a/tests/test_a.py' },
      plus_file: { path: 'b/tests/test_a.py' },
      hunks: [],
    },
  ],
};
/** A record of R2E-Gym. */
const record = {
  repo_name: 'aiohttp',
  docker_image: 'namanjain12/aiohttp_final:abc',
  commit_hash: 'abc',
  problem_statement: 'Before.\n[ISSUE]\n\nIt breaks.\n\n[/ISSUE]',
  parsed_commit_content: JSON.stringify(commit),
  execution_result_content: JSON.stringify({
    test_file_names: ['test_1.py'],
    test_file_codes: ['import a\n\ndef test_x():\n    pass'],
    old_commit_res_stdout: log(
      'PASSED r2e_tests/test_1.py::K::test_y[a b]',
      'FAILED r2e_tests/test_1.py::test_x - assert 1',
    ),
    new_commit_res_stdout: log(
      'PASSED r2e_tests/test_1.py::K::test_y[a b]',
      'PASSED r2e_tests/test_1.py::test_x',
      'PASSED r2e_tests/test_1.py::test_extra',
      'FAILED r2e_tests/test_1.py::test_z - no',
    ),
  }),
  expected_output_json: JSON.stringify({
    'K.test_y[a b]': 'PASSED',
    '\u001b[1mtest_x\u001b[0m': 'PASSED',
    test_z: 'FAILED',
  }),
};

test("R2E-Gym's lists, patches and statement are made of the commit and the logs that it keeps", () => {
  const made = parseInstance(record, 'data.parquet row 1', { imageNamespace: null });
  assert.deepEqual(
    [made.instanceId, made.format, made.repo, made.runner],
    ['aiohttp-abc', 'swe-bench', 'aiohttp', 'pytest'],
  );
  assert.equal(instanceIdOf(record), made.instanceId);
  assert.deepEqual(made.failToPass, ['r2e_tests/test_1.py::test_x']);
  assert.deepEqual(made.passToPass, ['r2e_tests/test_1.py::K::test_y[a b]']);
  assert.equal(made.problemStatement, 'It breaks.');
  assert.deepEqual(made.source, { kind: 'image', image: 'namanjain12/aiohttp_final:abc' });
  assert.equal(
    made.goldPatch,
    'diff --git a/src/a.py b/src/a.py\n--- a/src/a.py\n+++ b/src/a.py\n@@ -1,2 +1,2 @@ def f():\n y\n-x = 1\n+x = 2\n\\ No newline at end of file\n',
  );
  assert.equal(
    made.testPatch,
    'diff --git a/r2e_tests/test_1.py b/r2e_tests/test_1.py\nnew file mode 100644\n--- /dev/null\n+++ b/r2e_tests/test_1.py\n@@ -0,0 +1,4 @@\n+import a\n+\n+def test_x():\n+    pass\n\\ No newline at end of file\n',
  );
  assert.throws(
    () =>
      parseInstance({ ...record, expected_output_json: '[' }, 'data.parquet row 1', { imageNamespace: null }),
    (error: unknown) =>
      error instanceof SteadfastError &&
      error.message.startsWith(
        'data.parquet row 1: instance namanjain12/aiohttp_final:abc: expected_output_json is not as R2E-Gym',
      ),
  );
});

const diff = (path: string, from: string, to: string, type: 'added' | 'deleted', binary = false) => ({
  header: { file: { path } },
  is_binary_file: binary,
  minus_file: { path: from },
  plus_file: { path: to },
  hunks: [
    {
      descriptor: {
        old_range: type === 'added' ? range(0, 0) : range(1, null),
        new_range: type === 'added' ? range(1, null) : range(0, 0),
      },
      line_group: { all_lines: [line(type, 'x')] },
    },
  ],
});

test('files of the fix may come, go or be binary, and the tests beside it are none of it', () => {
  const tests = ['test/a.py', 'pkg/Tests/a.py', 'pkg/test_a.py', 'pkg/a_test.py', 'conftest.py'];
  const file_diffs = [
    diff('src/new.py', '/dev/null', 'b/src/new.py', 'added'),
    diff('src/testing.py', 'a/src/testing.py', '/dev/null', 'deleted'),
    diff('logo.png', '/dev/null', 'b/logo.png', 'added', true),
    { header: { file: { path: 'moved.py' } }, hunks: [] },
    ...tests.map((path) => diff(path, '/dev/null', `b/${path}`, 'added')),
  ];
  const changed = { ...record, parsed_commit_content: { ...commit, file_diffs } };
  assert.equal(
    parseInstance(changed, 'data.parquet row 1', { imageNamespace: null }).goldPatch,
    'diff --git a/src/new.py b/src/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/src/new.py\n@@ -0,0 +1 @@\n+x\n' +
      'diff --git a/src/testing.py b/src/testing.py\ndeleted file mode 100644\n--- a/src/testing.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n',
  );
});
