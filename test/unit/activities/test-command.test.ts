import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testTimeLimitMs } from '../../../src/activities/grading/test-command.ts';
import { instance } from '../../support/instance.ts';

const ids = (count: number) => Array.from({ length: count }, (_, i) => `tests/test_it.py::test_${i}`);

test('tests have two minutes and a twentieth of a second each, a script of the data set half an hour', () => {
  assert.equal(testTimeLimitMs(instance({ failToPass: ids(1), passToPass: ids(1000).slice(1) })), 170_000);
  const script = instance({ runner: 'script', failToPass: ids(1), passToPass: [] });
  assert.equal(testTimeLimitMs(script), 1_800_000);
});
