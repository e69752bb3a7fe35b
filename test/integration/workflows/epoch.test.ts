import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { EpochInput, GroupInput } from '../../../src/workflows/inputs.ts';
import type { epoch, group } from '../../../src/workflows/index.ts';
import { instanceNamed, STUB_CONTEXT, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

describe('group and epoch', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const startGroup = (run: string, change: Partial<GroupInput> = {}) =>
    env.client.workflow.start<typeof group>('group', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: `${run}/g-000001`,
      args: [
        {
          context: { ...STUB_CONTEXT, run },
          instance: instanceNamed('i-1'),
          group: 1,
          size: 3,
          concurrency: 3,
          policy: { version: 0, model: 'm', apiBase: null },
          purpose: 'inference',
          epoch: null,
          ...change,
        },
      ],
    });

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

  it('replaces failed members only', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      grade: async ({ rollout }) => {
        if (rollout.endsWith('/2.1') || rollout.endsWith('/2.2')) {
          throw ApplicationFailure.nonRetryable('no memory', 'Grade.Failed');
        }
        return { grading: 'g', reward: 0.5, resolved: false };
      },
    });
    const result = await withWorkers(env, activities, async () => (await startGroup('replace')).result());
    assert.deepEqual(
      result.results.map(({ rollout, status }) => [rollout.slice('replace/g-000001/i-1/'.length), status]),
      [
        ['1.1', 'scored'],
        ['2.3', 'scored'],
        ['3.1', 'scored'],
      ],
    );
    assert.equal(result.failures, 2);
    assert.equal(stub.groups[0]?.results.length, 3);
  });

  it('gives up on a member after its replacements, and at once where none can help', async () => {
    const stub = new StubRun();
    const failing = (type: string) =>
      stub.activities({
        sampleTurn: async () => {
          throw ApplicationFailure.nonRetryable('no', type);
        },
      });
    const twice = await withWorkers(env, failing('Model.BadResponse'), async () =>
      (await startGroup('give-up', { size: 1 })).result(),
    );
    const once = await withWorkers(env, failing('Model.Unauthorized'), async () =>
      (await startGroup('hopeless', { size: 1 })).result(),
    );
    assert.equal(twice.failures, 3);
    assert.equal(once.failures, 1);
    assert.equal(twice.record, null);
    assert.equal(once.results[0]?.failureType, 'Model.Unauthorized');
  });

  it('goes on when one rollout is cancelled by hand', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      runTool: async ({ rollout }) => {
        if (rollout.endsWith('/1.1')) await untilCancelled();
        return { head: 'h', exitCode: 0, timedOut: false };
      },
    });
    const result = await withWorkers(env, activities, async () => {
      const handle = await startGroup('one-cancelled', { size: 2 });
      while (stub.named('runTool').length < 2) await sleep(50);
      await env.client.workflow.getHandle('one-cancelled/g-000001/i-1/1.1').cancel();
      return await handle.result();
    });
    assert.deepEqual(
      result.results.map(({ status }) => status),
      ['cancelled', 'scored'],
    );
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
        return { head: 'h', exitCode: 0, timedOut: false };
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
        return { head: 'h', exitCode: 0, timedOut: false };
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
