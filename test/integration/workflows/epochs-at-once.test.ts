import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { train } from '../../../src/workflows/index.ts';
import { progressQuery } from '../../../src/workflows/messages.ts';
import { Latch } from '../../support/latch.ts';
import { startEpoch } from '../../support/stub-epoch.ts';
import { STUB_PLAN, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

const groupOf = (rollout: string): string | undefined => rollout.split('/')[1];

/** Instances of each epoch in the order in which their groups were dispatched. */
const instancesByEpoch = (stub: StubRun): Map<number, string[]> => {
  const instanceOf = new Map(
    stub.trajectories.map(({ rollout, instance }) => [groupOf(rollout), instance.instanceId]),
  );
  const found = new Map<number, string[]>();
  for (const { epoch = 0, results } of stub.groups.toSorted((a, b) => a.group - b.group)) {
    const instance = instanceOf.get(groupOf(results[0]?.rollout ?? '')) ?? '';
    found.set(epoch, [...(found.get(epoch) ?? []), instance]);
  }
  return found;
};

const batchesOf = (stub: StubRun): string[][] =>
  stub.named('buildBatch').map(({ input }) => (input as { groups: string[] }).groups);

const orders = (stub: StubRun): number[] =>
  stub.named('shuffleInstances').map(({ input }) => (input as { seed: number }).seed);

describe('epochs that are gone through as one', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const all = Array.from({ length: 10 }, (_, i) => `i-${i + 1}`).toSorted();

  it('samples the next epoch beside the last steps of the one before', async () => {
    const stub = new StubRun();
    const latch = new Latch();
    const activities = stub.activities({
      trainStep: async ({ step }) => {
        if (step === 5) await latch.wait();
        const policy = { version: step, model: `r@${step}`, apiBase: null };
        return { step, manifest: `m${step}`, policy, metrics: {} };
      },
    });
    await withWorkers(env, activities, async () => {
      const further = { list: stub.list(10), last: 3 };
      const handle = await startEpoch(env, 'beside', stub, { number: 1, maxStaleness: 2, further });
      // The step of the first epoch's last batch is under way, and two batches of the second have been sampled.
      while (stub.groups.length < 14) await sleep(50);
      latch.open();
      const { totals, policy } = await handle.result();
      assert.deepEqual([totals.rollouts, policy.step], [30, 15]);
    });
    assert.deepEqual(
      batchesOf(stub).map((groups) => groups.length),
      Array.from({ length: 15 }, () => 2),
    );
    assert.equal(new Set(batchesOf(stub).flat()).size, 30);
    const epochs = instancesByEpoch(stub);
    assert.deepEqual([...epochs.keys()], [1, 2, 3]);
    for (const instances of epochs.values()) assert.deepEqual(instances.toSorted(), all);
    assert.notDeepEqual(epochs.get(2), epochs.get(3));
  });

  it('goes on in the epoch that it was in when it continues as new', async () => {
    const stub = new StubRun();
    const executions = await withWorkers(
      env,
      stub.activities(),
      async () => {
        const list = stub.list(4);
        const further = { list, last: 4 };
        const change = { number: 2, maxStaleness: 1, list, further, historyLimit: 40 };
        const handle = await startEpoch(env, 'long', stub, change);
        await handle.result();
        return (await Array.fromAsync(env.client.workflow.list({ query: `WorkflowId = 'long/epoch-1'` })))
          .length;
      },
      { maxCachedWorkflows: 0 },
    );
    assert.ok(executions > 1, 'it never continued as new');
    const epochs = instancesByEpoch(stub);
    assert.deepEqual([...epochs.keys()], [2, 3, 4]);
    for (const instances of epochs.values())
      assert.deepEqual(instances.toSorted(), ['i-1', 'i-2', 'i-3', 'i-4']);
    assert.equal(orders(stub).length, 2, 'an order was drawn twice');
    assert.equal(batchesOf(stub).flat().length, 12);
  });

  it('makes a batch of two epochs where one does not fill it, and ends where nothing is left of the last', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      shuffleInstances: async ({ list, count, seed }) =>
        stub.named('shuffleInstances').length === 1 ? { ref: list, count, seed } : { ref: list, count: 0 },
    });
    await withWorkers(env, activities, async () => {
      const further = { list: stub.list(3), last: 3 };
      const handle = await startEpoch(env, 'few', stub, {
        number: 1,
        maxStaleness: 1,
        list: stub.list(3),
        batchSize: 4,
        further,
      });
      const { totals } = await handle.result();
      assert.equal(totals.rollouts, 6);
    });
    assert.deepEqual(
      batchesOf(stub).map((groups) => groups.length),
      [4, 2],
    );
  });

  for (const { name, plan, epochs } of [
    { name: 'a run with a staleness', plan: { maxStaleness: 1 }, epochs: ['epoch-1'] },
    {
      name: 'a run that chooses its instances',
      plan: { maxStaleness: 1, chooses: true as const },
      epochs: ['epoch-1', 'epoch-2', 'epoch-3'],
    },
    { name: 'a run without', plan: {}, epochs: ['epoch-1', 'epoch-2', 'epoch-3'] },
  ]) {
    it(`${name} has ${epochs.length === 1 ? 'one child' : 'a child for each epoch'}`, async () => {
      const stub = new StubRun();
      stub.plan = { ...STUB_PLAN, ...plan, mode: 'train', epochs: 3, qualityFilter: false };
      const run = name.replaceAll(' ', '-');
      await withWorkers(env, stub.activities(), async () => {
        const handle = await env.client.workflow.start<typeof train>('train', {
          taskQueue: TASK_QUEUES.workflows,
          workflowId: run,
          args: [{ data: 'data.jsonl' }],
        });
        const summary = await handle.result();
        const progress = await handle.query(progressQuery);
        assert.deepEqual([summary.steps, progress.step, progress.steps], [9, 9, 9]);
        assert.equal(summary.totals.rollouts, 36);
        for (const epoch of epochs) await env.client.workflow.getHandle(`${run}/${epoch}`).describe();
        await assert.rejects(
          env.client.workflow.getHandle(`${run}/epoch-${epochs.length + 1}`).describe(),
          /not found/i,
        );
      });
      assert.equal(new Set(orders(stub)).size, plan.chooses === true ? 0 : 3);
    });
  }
});
