import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listedOutcomes, readReport } from '../../../src/activities/grading/test-report.ts';

const report = (...lines: readonly unknown[]): string =>
  [
    '{"started": true}',
    ...lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))),
  ].join('\n');

test('outcomes are read by exact node id, spaces and brackets and all', () => {
  const id = 'tests/a.py::test_x[select a from b -- PASSED]';
  assert.deepEqual(readReport(report([id, 'passed'], ['b', 'skipped'])), { [id]: 'passed', b: 'skipped' });
});

test('a file without the first line means that pytest never started', () => {
  assert.equal(readReport(null), null);
  assert.equal(readReport(''), null);
  assert.equal(readReport('["a", "passed"]\n'), null);
  assert.deepEqual(readReport(report()), {});
});

test('a cut line and lines of another kind say nothing, and a test reported twice is as bad as its worst', () => {
  const text = report(['a', 'failed'], ['a', 'passed'], ['b', 'better'], '["c", "pas', [1, 'passed'], {
    d: 1,
  });
  assert.deepEqual(readReport(text), { a: 'failed' });
});

test('listed tests alone are kept, and one that is not reported is missing', () => {
  const outcomes = listedOutcomes({ a: 'passed', x: 'passed' }, ['a', 'b', 'constructor', '__proto__']);
  assert.equal(outcomes['a'], 'passed');
  assert.equal(outcomes['b'], 'missing');
  assert.equal(outcomes['constructor'], 'missing');
  assert.equal('x' in outcomes, false);
});
