import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { EpochInput } from '../../../src/workflows/inputs.ts';
import type { epoch } from '../../../src/workflows/index.ts';
import { STUB_CONTEXT, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

describe('epoch', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const startEpoch = (run: string, stub: StubRun, change: Partial<EpochInput> = {}) =>
    env.client.workflow.start<typeof epoch>('epoch', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: `${run}/epoch-1`,
      args: [
        {
          context: { ...STUB_CONTEXT, run },
          mode: 'inference',
          purpose: 'inference',
          list: stub.list(6),
          rolloutsPerInstance: 2,
          batchSize: 2,
          concurrency: 4,
          start: { policy: { version: 0, model: 'm', apiBase: null }, step: 0, manifest: 'm0' },
          firstGroup: 1,
          reportTo: null,
          ...change,
        },
      ],
    });

  it('trains on no group that stays incomplete, and records it all the same', async () => {
    const stub = new StubRun();
    const metrics: Record<string, number>[] = [];
    const activities = stub.activities({
      grade: async ({ rollout }) => {
        if (/g-000001.*\/1\.|g-00000[34]|g-000002.*\/1\.1$/.test(rollout)) {
          throw ApplicationFailure.nonRetryable('no memory', 'Grade.Failed');
        }
        return { grading: 'g', reward: rollout.endsWith('.1') ? 0.25 : 0.75, resolved: false };
      },
      recordStep: async (input) => {
        metrics.push({ ...input.metrics });
      },
    });
    const result = await withWorkers(env, activities, async () =>
      (
        await startEpoch('incomplete', stub, { mode: 'train', purpose: 'train', list: stub.list(4) })
      ).result(),
    );
    // Of the first batch one group is whole; of the second none, so no step is made of it.
    assert.deepEqual([result.rewardByStep.length, result.stepsWithoutLesson], [1, 1]);
    const batches = stub
      .named('buildBatch')
      .map(({ input }) => (input as { groups: string[] }).groups.length);
    assert.deepEqual(batches, [1, 0]);
    assert.deepEqual(
      stub.groups
        .toSorted((a, b) => a.group - b.group)
        .map(({ group: number, givenUp }) => [number, givenUp]),
      [
        [1, true],
        [2, false],
        [3, true],
        [4, true],
      ],
    );
    assert.equal(result.retries?.groupsGivenUp, 3);
    assert.deepEqual(
      [
        metrics[0]?.['rollouts/attempts'],
        metrics[0]?.['rollouts/failed_attempts'],
        metrics[0]?.['retry/bias'],
      ],
      [7, 4, 0.5],
    );
    assert.equal(metrics[0]?.['groups/given_up'], 1);
  });

  it('keeps rollouts in flight within the concurrency, and counts all', async () => {
    const stub = new StubRun();
    const result = await withWorkers(env, stub.activities(), async () =>
      (await startEpoch('window', stub, { concurrency: 3 })).result(),
    );
    assert.ok(stub.peak <= 3, `${stub.peak} at once`);
    assert.deepEqual([result.totals.rollouts, result.totals.failed, result.nextGroup], [12, 0, 7]);
    const sum = stub.groups
      .flatMap(({ results }) => results)
      .reduce((total, r) => total + (r.reward ?? 0), 0);
    assert.ok(Math.abs(sum - result.totals.rewardSum) < 1e-6);
  });

  it('continues as new with groups in flight and loses none', async () => {
    const stub = new StubRun();
    const handle = await withWorkers(env, stub.activities(), async () => {
      const started = await startEpoch('long', stub, { historyLimit: 25 });
      const result = await started.result();
      assert.equal(result.totals.rollouts, 12);
      assert.equal(result.nextGroup, 7);
      return started;
    });
    const { runId } = await handle.describe();
    assert.notEqual(runId, handle.firstExecutionRunId);
    assert.equal(new Set(stub.groups.map(({ group: number }) => number)).size, 6);
  });

  it('makes a step a batch, each from the newest policy, and none of a batch without a lesson', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      buildBatch: async ({ groups }) =>
        stub.named('buildBatch').length === 2
          ? { batch: null, samples: 0, groupsWithoutVariance: groups.length, untrainable: 0 }
          : { batch: 'b', samples: 4, groupsWithoutVariance: 0, untrainable: 0 },
    });
    const result = await withWorkers(env, activities, async () =>
      (await startEpoch('steps', stub, { mode: 'train', purpose: 'train', historyLimit: 40 })).result(),
    );
    assert.equal(result.rewardByStep.length, 2);
    assert.equal(result.stepsWithoutLesson, 1);
    assert.equal(result.policy.step, 2);
    assert.deepEqual(stub.named('openSandbox').length, 12);
    const versions = stub.groups
      .toSorted((a, b) => a.group - b.group)
      .map(({ results }) => results[0]?.policyVersion);
    assert.deepEqual(versions, [0, 0, 1, 1, 1, 1]);
    const parents = stub.named('trainStep').map(({ input }) => (input as { parent: string }).parent);
    assert.equal(parents[0], 'm0');
    assert.equal(new Set(parents).size, 2);
  });

  it('forwards its cancellation, and every sandbox is closed', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      runTool: async () => {
        await untilCancelled();
        return { head: 'h', state: { kind: 'start' }, exitCode: 0, timedOut: false };
      },
    });
    await withWorkers(env, activities, async () => {
      const handle = await startEpoch('cancelled', stub);
      while (stub.named('runTool').length < 4) await sleep(50);
      await handle.cancel();
      await assert.rejects(handle.result());
      assert.equal(stub.open.size, 0);
      assert.deepEqual(new Set(stub.trajectories.map(({ status }) => status)), new Set(['cancelled']));
      assert.equal(
        (await env.client.workflow.getHandle('cancelled/g-000001').describe()).status.name,
        'CANCELLED',
      );
    });
  });

  it('counts a group that was terminated as failed', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      runTool: async ({ rollout }) => {
        if (rollout.includes('/g-000001/')) await untilCancelled();
        return { head: 'h', state: { kind: 'start' }, exitCode: 0, timedOut: false };
      },
    });
    const result = await withWorkers(env, activities, async () => {
      const handle = await startEpoch('terminated', stub, { list: stub.list(2) });
      while (stub.named('runTool').length < 4) await sleep(50);
      await env.client.workflow.getHandle('terminated/g-000001').terminate();
      const done = await handle.result();
      // The rollouts of a terminated group are cancelled, and close what they hold.
      while (stub.open.size > 0) await sleep(50);
      return done;
    });
    assert.deepEqual([result.totals.rollouts, result.totals.failed], [4, 2]);
  });
});

async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  return await context.cancelled.finally(() => clearInterval(beat));
}
