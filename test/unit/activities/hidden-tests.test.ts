import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hiddenTests } from '../../../src/activities/hidden-tests.ts';
import { instance } from '../../support/instance.ts';

test('hidden are the files of the tests to mend, where ids name files and the data does not hide them', () => {
  const failToPass = ['tests/test_a.py::test_x', 'tests/test_a.py::Case::test_y[1]', 'src/pkg/test_b.py'];
  assert.deepEqual(hiddenTests(instance({ failToPass })), ['tests/test_a.py', 'src/pkg/test_b.py']);
  assert.deepEqual(hiddenTests(instance({ failToPass: ['README.rst::README.rst'] })), []);
  assert.deepEqual(hiddenTests(instance({ failToPass, testPatch: '' })), []);
  assert.deepEqual(hiddenTests(instance({ failToPass, runner: 'script' })), []);
});
