import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  adapterName,
  adapterVersionOf,
  fileSafe,
  groupId,
  hostQueue,
  policyModel,
  policyVersionOf,
  rolloutId,
  stepName,
  trajectoryPath,
} from '../../../src/domain/ids.ts';

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

const longPath = (group: number, member: number, attempt: number) =>
  trajectoryPath('run', rolloutId('run', group, 'x'.repeat(300), member, attempt));

test('no two rollouts of a run have one record, however long the name of their instance is', () => {
  assert.equal(trajectoryPath('run', 'run/g-000042/a__b.1/3.1'), 'trajectories/g-000042-a__b.1-3.1.json');
  const paths = [longPath(1, 1, 1), longPath(1, 1, 2), longPath(1, 2, 1), longPath(2, 1, 1)];
  assert.equal(new Set(paths).size, paths.length);
  for (const path of paths) assert.ok(path.length < 200, path);
});

test('a policy version is read from its own names alone, and only from those of its own run', () => {
  const version = { run: 'night', step: 12, path: 'checkpoints/step-0012' };
  assert.deepEqual(policyVersionOf('night@12'), version);
  for (const model of ['night', 'night@', 'night@twelve', '@12', 'owner/night@12', 'night@1234567890'])
    assert.equal(policyVersionOf(model), null, model);
  assert.equal(adapterName(version, '89abcdef'.repeat(8)), 'night-step-0012-89abcdef');
  assert.deepEqual(adapterVersionOf('night-step-0012-89abcdef', 'night'), version);
  assert.equal(adapterVersionOf('night-step-12345-89abcdef', 'night')?.step, 12_345);
  for (const name of ['day-step-0012', 'night-2-step-0012', 'night-step-012', 'night-step-00012'])
    assert.equal(adapterVersionOf(`${name}-89abcdef`, 'night'), null, name);
  for (const name of ['night', 'night-step-0012', 'night-step-0012-89abcdeg'])
    assert.equal(adapterVersionOf(name, 'night'), null, name);
});
