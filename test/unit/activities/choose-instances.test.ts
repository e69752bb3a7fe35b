import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { InstanceRef } from '../../../src/activities/contract.ts';
import { noteFlake } from '../../../src/activities/grading/health.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { recordWorld } from '../../support/record-world.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { instanceNamed } from '../../support/stub-run.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { rolloutResult } from '../domain/rollout-result.ts';

const CURRICULUM = { curriculum: true, epochs: 9, batch_size: 1 };

/** A store with three instances, groups in it by their number, and what an epoch of a run takes of them. */
const world = async (t: TestContext) => {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const { list, config, activities } = await recordWorld(artifacts, 3, CURRICULUM);
  const record = async (
    run: string,
    group: number,
    instanceId: string,
    of: { resolved: boolean; epoch?: number; purpose?: string; givenUp?: boolean },
  ) => {
    const { resolved, purpose = 'train', givenUp = false, epoch } = of;
    const member = { instanceId, resolved, reward: resolved ? 1 : 0.2 };
    const results = [1, 2].map((n) => rolloutResult({ ...member, rollout: `${run}/${group}/${n}` }));
    await activityEnvironment().run(activities.recordGroup, {
      run,
      group,
      config,
      purpose,
      givenUp,
      results,
      ...(epoch === undefined ? {} : { epoch }),
    });
  };
  const choose = async (run: string, epoch: number) => {
    const made = await activityEnvironment().run(activities.chooseInstances, {
      run,
      config,
      list,
      count: 3,
      epoch,
    });
    const refs = (await artifacts.getJson(made.ref)) as InstanceRef[];
    assert.equal(made.count, refs.length);
    const { restingSolved, restingUnsolved, solveRate } = made.curriculum;
    const chosen = refs.map(({ instanceId }) => instanceId).toSorted();
    return { ref: made.ref, chosen, resting: [restingSolved, restingUnsolved], solveRate };
  };
  return { artifacts, record, choose };
};

describe('chooseInstances', () => {
  it('chooses by the records of earlier epochs of the run, the same at every try', async (t) => {
    const { record, choose } = await world(t);
    const first = await choose('r', 1);
    assert.deepEqual([first.chosen, first.solveRate], [['i-1', 'i-2', 'i-3'], null]);
    await record('r', 1, 'i-1', { resolved: true, epoch: 1 });
    await record('r', 2, 'i-2', { resolved: false, epoch: 1 });
    // Late, after the epoch has begun, nothing has changed.
    assert.deepEqual(await choose('r', 1), first);
    const second = await choose('r', 2);
    assert.deepEqual([second.chosen, second.resting], [['i-3'], [1, 1]]);
    assert.deepEqual(await choose('r', 2), second);
    const third = await choose('r', 3);
    assert.deepEqual([third.chosen.length, third.solveRate], [3, 0.5]);
  });

  it('counts neither evaluations, nor groups given up, nor the records of the run that it began from', async (t) => {
    const { record, choose } = await world(t);
    await record('r', 1, 'i-1', { resolved: true, purpose: 'before/held-out' });
    await record('r', 2, 'i-2', { resolved: false, epoch: 1, givenUp: true });
    await record('other', 1, 'i-3', { resolved: true, epoch: 1 });
    assert.deepEqual((await choose('r', 2)).chosen, ['i-1', 'i-2', 'i-3']);
  });

  it('takes a damaged record for none, and leaves out what is in quarantine', async (t) => {
    const { artifacts, record, choose } = await world(t);
    await record('r', 1, 'i-1', { resolved: true, epoch: 1 });
    await artifacts.writeRunFile('r', 'groups/g-000001.json', '{"run": "r", "gro');
    await noteFlake(artifacts, instanceNamed('i-2').ref, 'docker', 'grading');
    assert.deepEqual((await choose('r', 2)).chosen, ['i-1', 'i-3']);
  });
});
