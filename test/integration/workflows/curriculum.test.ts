import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { GroupRecord } from '../../../src/activities/group-record.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { progressQuery } from '../../../src/workflows/messages.ts';
import { inRun } from '../../support/controlled-run.ts';
import { recordWorld } from '../../support/record-world.ts';
import { STUB_PLAN, StubRun } from '../../support/stub-run.ts';
import { startTemporal } from '../../support/temporal.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const EPOCHS = 4;
const FIELDS = { curriculum: true, epochs: EPOCHS, batch_size: 2 };

/** Of four instances the first is always solved, the second never, the others by one member of the two. */
const rewardOf = (rollout: string) => {
  const [, instance, member] = /(i-\d)\/(\d)/.exec(rollout) ?? [];
  if (instance === 'i-1') return 1;
  return instance !== 'i-2' && member === '1' ? 1 : 0.2;
};

const world = async (t: TestContext) => {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const { list, config, activities } = await recordWorld(artifacts, 4, FIELDS);
  const run = () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, epochs: EPOCHS, chooses: true };
    const steps: Record<string, number>[] = [];
    const all = stub.activities({
      ...activities,
      resolveRun: async ({ workflowId }) => ({ config, run: workflowId, plan: stub.plan, searchable: false }),
      loadInstances: async () => ({ list: { ref: list, count: 4 }, droppedWithoutTests: 0 }),
      recordStep: async ({ metrics }) => void steps.push({ ...metrics }),
      grade: async ({ rollout }) => {
        const reward = rewardOf(rollout);
        return { grading: 'g'.repeat(64), reward, resolved: reward === 1 };
      },
    });
    return { steps, activities: all };
  };
  /** The instances of each epoch of a run, as its records have them. */
  const triedBy = async (name: string) => {
    const epochs: string[][] = Array.from({ length: EPOCHS }, () => []);
    for (const file of await artifacts.listRunFiles(name, 'groups')) {
      const record = JSON.parse((await artifacts.readRunFile(name, `groups/${file}`)) ?? '') as GroupRecord;
      epochs[(record.epoch ?? 0) - 1]?.push(record.instanceId);
    }
    return epochs.map((ids) => ids.toSorted());
  };
  return { run, triedBy };
};

describe('a run with a curriculum', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  it('rests what teaches nothing and brings it back, though it continues as new before each epoch', async (t) => {
    const { run, triedBy } = await world(t);
    const { steps, activities } = run();
    const { summary, progress } = await inRun(
      env,
      'chosen',
      activities,
      async (handle) => ({ summary: await handle.result(), progress: await handle.query(progressQuery) }),
      { historyLimit: 1 },
    );
    const all = ['i-1', 'i-2', 'i-3', 'i-4'];
    assert.deepEqual(await triedBy('chosen'), [all, ['i-3', 'i-4'], all, ['i-3', 'i-4']]);
    assert.equal(summary.totals.rollouts, 2 * (4 + 2 + 4 + 2));
    assert.deepEqual(progress.curriculum, {
      epoch: 4,
      chosen: 2,
      restingSolved: 1,
      restingUnsolved: 1,
      solveRate: 0.5,
    });
    const told = steps.map((metrics) => [metrics['curriculum/chosen'], metrics['curriculum/resting_solved']]);
    assert.deepEqual(told, [
      [4, 0],
      [4, 0],
      [2, 1],
      [4, 0],
      [4, 0],
      [2, 1],
    ]);
    assert.equal(steps[0]?.['curriculum/solve_rate'], undefined);
    assert.equal(steps[2]?.['curriculum/solve_rate'], 0.5);
  });
});
