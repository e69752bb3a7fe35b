/** Logs as test runners print them, with what happened to each test there; SWE-bench's parsers read them. */
export const LOGS: readonly {
  readonly parser: string;
  readonly output: string;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}[] = [
  {
    parser: 'parse_log_pytest',
    output: [
      'PASSED tests/test_a.py::test_one',
      'PASSED tests/test_a.py::test_two[1-2]',
      'SKIPPED [1] tests/test_a.py:9: not today',
      'XFAIL tests/test_a.py::test_known',
      'FAILED tests/test_a.py::test_three - assert 1 == 2',
      'ERROR tests/test_b.py - ImportError',
      '3 failed, 2 passed in 0.02s',
    ].join('\n'),
    passed: ['tests/test_a.py::test_one', 'tests/test_a.py::test_two[1-2]'],
    failed: ['tests/test_a.py::test_three', 'tests/test_b.py'],
    skipped: ['tests/test_a.py::test_known'],
  },
  {
    parser: 'parse_log_pytest_v2',
    output: [
      '\u001B[32mPASSED\u001B[0m lib/test_a.py::test_one[a b c]',
      'FAILED lib/test_a.py::test_two - ValueError: x - y',
      'lib/test_b.py::test_old PASSED',
    ].join('\n'),
    passed: ['lib/test_a.py::test_one[a b c]', 'lib/test_b.py::test_old'],
    failed: ['lib/test_a.py::test_two'],
    skipped: [],
  },
  {
    parser: 'parse_log_django',
    output: [
      'test_runs (migrations.test_base.Tests) ... ok',
      'A docstring says what it is about. ... ok',
      'test_noisy (cache.tests.Noisy) ... Testing against Django installed in /testbed/django silenced).',
      'ok',
      "test_absent (gis.tests.Geo) ... skipped 'no GDAL'",
      'test_breaks (forms.tests.Form) ... FAIL',
      'test_raises (forms.tests.Form) ... ERROR',
    ].join('\n'),
    passed: [
      'test_runs (migrations.test_base.Tests)',
      'A docstring says what it is about.',
      'test_noisy (cache.tests.Noisy)',
    ],
    failed: ['test_breaks (forms.tests.Form)', 'test_raises (forms.tests.Form)'],
    skipped: ['test_absent (gis.tests.Geo)'],
  },
  {
    parser: 'parse_log_gotest',
    output: [
      '=== RUN   TestAdd',
      '--- PASS: TestAdd (0.00s)',
      '    --- PASS: TestAdd/zero (0.00s)',
      '--- FAIL: TestSub (0.01s)',
      '--- SKIP: TestNet (0.00s)',
      'ok  \texample.com/calc\t0.004s',
    ].join('\n'),
    passed: ['TestAdd', 'TestAdd/zero'],
    failed: ['TestSub'],
    skipped: ['TestNet'],
  },
  {
    parser: 'parse_log_jest',
    output: [
      'PASS src/calc.test.js',
      '  calc',
      '    ✓ adds (2 ms)',
      '    ✕ subtracts (1 ms)',
      '    ○ skipped divides',
      'Tests:       1 failed, 1 skipped, 1 passed, 3 total',
    ].join('\n'),
    passed: ['adds'],
    failed: ['subtracts'],
    skipped: ['skipped divides'],
  },
  {
    parser: 'parse_log_cargo',
    output: [
      'running 3 tests',
      'test calc::tests::adds ... ok',
      'test calc::tests::subtracts ... FAILED',
      'test result: FAILED. 1 passed; 1 failed',
    ].join('\n'),
    passed: ['calc::tests::adds'],
    failed: ['calc::tests::subtracts'],
    skipped: [],
  },
  {
    parser: 'parse_log_sympy',
    output: ['test_solve ok', 'test_simplify F', 'test_limits E'].join('\n'),
    passed: ['test_solve'],
    failed: ['test_simplify', 'test_limits'],
    skipped: [],
  },
  {
    parser: 'parse_log_phpunit',
    output: ['Calc (App\\Calc)', ' ✔ Adds', ' ✘ Subtracts', ' ↩ Divides'].join('\n'),
    passed: ['Calc > Adds'],
    failed: ['Calc > Subtracts'],
    skipped: ['Calc > Divides'],
  },
];
