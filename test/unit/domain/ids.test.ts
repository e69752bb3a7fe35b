import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileSafe, groupId, hostQueue, policyModel, rolloutId, stepName } from '../../../src/domain/ids.ts';

test('ids say where they belong and sort as they were numbered', () => {
  assert.equal(groupId('run', 42), 'run/g-000042');
  assert.equal(rolloutId('run', 42, 'a__b.1', 3, 0), 'run/g-000042/a__b.1/3.0');
  assert.equal(stepName(12), 'step-0012');
  assert.equal(policyModel('run', 12), 'run@12');
  assert.equal(hostQueue('h1'), 'steadfast-sandbox-h1');
  const groups = [0, 9, 10, 99, 100, 99_999].map((group) => groupId('r', group));
  assert.deepEqual(groups, groups.toSorted());
});

test('a file-safe name holds nothing that a path or a label gives a meaning, and changes no safe name', () => {
  assert.equal(fileSafe('nightly-2026-01-01T02:00:00Z/x y'), 'nightly-2026-01-01T02-00-00Z-x-y');
  assert.match(fileSafe('ä/\\:*?"<>|\n\u0000🙂'), /^[A-Za-z0-9._-]*$/);
  assert.equal(fileSafe('a.b_c-9'), 'a.b_c-9');
  assert.equal(fileSafe('x'.repeat(500)).length, 120);
  assert.equal(fileSafe(fileSafe('a b/c')), fileSafe('a b/c'));
});
