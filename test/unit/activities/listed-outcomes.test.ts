import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { byListedIds, listedOutcomes } from '../../../src/activities/grading/listed-outcomes.ts';

describe('listed ids that are cut off within their parameters', () => {
  test('name what begins with them, and all of it must pass', () => {
    const found = { 't.py::a[log(x) y]': 'passed', 't.py::a[log(x) z]': 'passed' } as const;
    assert.deepEqual(byListedIds(['t.py::a[log(x'], found), { 't.py::a[log(x': 'passed' });
    for (const outcome of ['failed', 'skipped'] as const) {
      const mixed = { ...found, 't.py::a[log(x) q]': outcome };
      assert.deepEqual(byListedIds(['t.py::a[log(x'], mixed), { 't.py::a[log(x': outcome });
    }
  });

  test('no test counts for two of them: the exact id comes first, then the longest', () => {
    const listed = ['t.py::a[x', 't.py::a[x y', 't.py::a[x y z]'];
    assert.deepEqual(byListedIds(listed, { 't.py::a[x y z]': 'passed' }), { 't.py::a[x y z]': 'passed' });
    const two = { 't.py::a[x y z]': 'passed', 't.py::a[x y w]': 'passed' } as const;
    assert.deepEqual(byListedIds(listed, two), { 't.py::a[x y z]': 'passed', 't.py::a[x y': 'passed' });
    const three = { ...two, 't.py::a[x q]': 'failed' } as const;
    assert.deepEqual(byListedIds(listed, three), {
      't.py::a[x y z]': 'passed',
      't.py::a[x y': 'passed',
      't.py::a[x': 'failed',
    });
  });

  test('a whole id is matched as it stands, whatever it begins with', () => {
    assert.deepEqual(byListedIds(['t.py::a'], { 't.py::ab': 'passed' }), {});
    assert.deepEqual(byListedIds(['t.py::a[x]'], { 't.py::a[x]y': 'passed' }), {});
    assert.deepEqual(byListedIds(['t.py::a[x'], { 't.py::a[x': 'failed', 't.py::a[x]': 'passed' }), {
      't.py::a[x': 'failed',
    });
  });

  test('an escaped newline is the one that SWE-smith writes as /n, in parameters alone', () => {
    const found = { 'a/next.py::t[x\\ny]': 'passed', 'a/next.py::u': 'passed' } as const;
    assert.deepEqual(byListedIds(['a/next.py::t[x/ny]', 'a/next.py::u'], found), {
      'a/next.py::t[x/ny]': 'passed',
      'a/next.py::u': 'passed',
    });
    const both = { ...found, 'a/next.py::t[x/ny]': 'failed' } as const;
    assert.deepEqual(byListedIds(['a/next.py::t[x/ny]'], both), { 'a/next.py::t[x/ny]': 'failed' });
  });
});

test('listed tests alone are kept, and one that is not reported is missing', () => {
  const outcomes = listedOutcomes({ a: 'passed', x: 'passed' }, ['a', 'b', 'constructor', '__proto__']);
  assert.equal(outcomes['a'], 'passed');
  assert.equal(outcomes['b'], 'missing');
  assert.equal(outcomes['constructor'], 'missing');
  assert.equal('x' in outcomes, false);
});
