import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { EpochInput } from '../../../src/workflows/inputs.ts';
import { drainSignal, holdSignal } from '../../../src/workflows/messages.ts';
import { Latch } from '../../support/latch.ts';
import { startEpoch } from '../../support/stub-epoch.ts';
import { StubRun, type AllActivities } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

/** What a step's metrics say of its batch. */
const METRICS = [
  'batch/groups_started',
  'batch/groups_with_variance',
  'batch/rounds',
  'batch/staleness_max',
] as const;

/** Activities under which the groups with these numbers alone have a lesson, and what each step said. */
const teaching = (stub: StubRun, lessons: readonly number[], overrides: Partial<AllActivities> = {}) => {
  const steps: (number | undefined)[][] = [];
  const activities = stub.activities({
    recordGroup: async (input) => {
      stub.groups.push(input);
      return { record: `${input.group}`.padStart(64, '0'), teaches: lessons.includes(input.group) };
    },
    recordStep: async ({ metrics }) => void steps.push(METRICS.map((name) => metrics[name])),
    ...overrides,
  });
  const batches = () =>
    stub.named('buildBatch').map(({ input }) => (input as { groups: string[] }).groups.map(Number));
  return { steps, activities, batches };
};

describe('batches that are filled up to lessons', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const start = async (name: string, stub: StubRun, change: Partial<EpochInput> = {}) =>
    await startEpoch(env, name, stub, { oversample: 2, ...change });

  it('replace each group without a lesson, up to the most that a batch may have', async () => {
    const stub = new StubRun();
    const { steps, activities, batches } = teaching(stub, [1, 3, 8, 9, 10]);
    const result = await withWorkers(env, activities, async () => (await start('filled', stub)).result());
    // The second stops at four groups; the last has what the list has left.
    assert.deepEqual(batches(), [[1, 2, 3], [4, 5, 6, 7], [8, 9], [10]]);
    assert.deepEqual(steps, [
      [3, 2, 2, 0],
      [4, 0, 2, 0],
      [2, 2, 1, 0],
      [1, 1, 1, 0],
    ]);
    assert.deepEqual([result.policy.step, result.totals.rollouts, result.nextGroup], [4, 10, 11]);
  });

  it('hold what is older than it may be beside sampling, and carry what has ended as it continues as new', async () => {
    const stub = new StubRun();
    const { steps, activities, batches } = teaching(stub, [1, 2, 4, 6, 7, 9]);
    const { result, first, last } = await withWorkers(
      env,
      activities,
      async () => {
        const handle = await start('beside', stub, { maxStaleness: 1, historyLimit: 60 });
        const ended = await handle.result();
        const { runId } = await env.client.workflow.getHandle('beside/epoch-1').describe();
        return { result: ended, first: handle.firstExecutionRunId, last: runId };
      },
      { maxCachedWorkflows: 0 },
    );
    assert.deepEqual(batches(), [[1, 2], [3, 4, 5, 6], [7, 8, 9], [10]]);
    assert.ok(
      steps.every(([, , , age = 0]) => age <= 1),
      JSON.stringify(steps),
    );
    assert.deepEqual([result.policy.step, result.totals.rollouts], [4, 10]);
    assert.notEqual(last, first, 'it never continued as new');
  });

  it('replace nothing while held, nor once drained, and lose no group', async () => {
    const stub = new StubRun();
    const latch = new Latch();
    const { activities, batches } = teaching(stub, [2], {
      grade: async () => {
        await latch.wait();
        return { grading: 'g'.repeat(64), reward: 0.5, resolved: false };
      },
    });
    await withWorkers(env, activities, async () => {
      const handle = await start('drained', stub);
      while (latch.arrived < 2) await sleep(50);
      await handle.signal(holdSignal, 'a look around');
      latch.open();
      await sleep(1000);
      assert.equal(stub.named('openSandbox').length, 2);
      await handle.signal(drainSignal);
      const { totals, policy } = await handle.result();
      assert.deepEqual([totals.rollouts, policy.step], [2, 1]);
    });
    assert.deepEqual(batches(), [[1, 2]]);
  });

  it('end with their cancellation, whenever it comes, and every sandbox is closed', async () => {
    for (const [i, groups] of [0, 0, 1, 2, 3].entries()) {
      const stub = new StubRun();
      const { activities } = teaching(stub, []);
      await withWorkers(env, activities, async () => {
        const handle = await start(`cancelled-${i}`, stub, { oversample: 5 });
        while (stub.groups.length < groups) await sleep(20);
        // Some come in the very task that starts a group.
        await sleep(i * 40);
        await handle.cancel();
        await assert.rejects(handle.result());
      });
      assert.equal(stub.open.size, 0);
      assert.equal(stub.named('trainStep').length, 0);
    }
  });
});
