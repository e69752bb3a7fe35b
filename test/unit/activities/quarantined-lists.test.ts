import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import type { InstanceRef } from '../../../src/activities/contract.ts';
import { noteFlake } from '../../../src/activities/grading/health.ts';
import { createInstanceActivities } from '../../../src/activities/instances.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const refused = () => Promise.reject(new Error('unused'));

it('an instance that turned flaky is in no order of an epoch and in no list of an inference run', async (t) => {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const datasets = { load: refused, prepareTree: refused, prepareRequirements: refused };
  const { shuffleInstances, leaveOutQuarantined } = createInstanceActivities({ artifacts, datasets });
  const refs = Array.from({ length: 100 }, (_, i) => ({ instanceId: `i-${i}`, ref: `ref-${i}` }));
  const list = await artifacts.putJson(refs);
  await noteFlake(artifacts, 'ref-7', 'docker', 'grading');
  await noteFlake(artifacts, 'ref-70', 'docker', 'verify');
  await noteFlake(artifacts, 'ref-99', 'docker', 'verify');
  const expected = refs.slice(0, 90).filter(({ ref }) => ref !== 'ref-7' && ref !== 'ref-70');

  const activities = activityEnvironment();
  const order = await activities.run(shuffleInstances, { list, count: 90, seed: 3 });
  assert.deepEqual([order.count, order.quarantined], [88, 2]);
  const shuffled = (await artifacts.getJson(order.ref)) as InstanceRef[];
  assert.notDeepEqual(shuffled, expected);
  assert.deepEqual(new Set(shuffled.map(({ ref }) => ref)), new Set(expected.map(({ ref }) => ref)));

  const left = await activities.run(leaveOutQuarantined, { list, count: 90 });
  assert.deepEqual([left.count, left.quarantined], [88, 2]);
  assert.deepEqual(await artifacts.getJson(left.ref), expected);
});
