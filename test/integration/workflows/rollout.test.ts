import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { RolloutInput } from '../../../src/workflows/inputs.ts';
import { headQuery } from '../../../src/workflows/messages.ts';
import type { rollout } from '../../../src/workflows/index.ts';
import { Latch } from '../../support/latch.ts';
import { instanceNamed, keptAfter, STUB_CONTEXT, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

const input: RolloutInput = {
  context: STUB_CONTEXT,
  instance: instanceNamed('i-1'),
  group: 1,
  member: 1,
  attempt: 1,
  policy: { version: 3, model: 'r@3', apiBase: null },
};

describe('rollout', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const start = (workflowId: string, args: RolloutInput = input) =>
    env.client.workflow.start<typeof rollout>('rollout', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [args],
    });

  it('ends at the first message without a tool call, grades, records and closes', async () => {
    const stub = new StubRun();
    const result = await withWorkers(env, stub.activities(), async () => (await start('done')).result());
    assert.deepEqual(
      { ...result, reward: null, trajectory: null, resolved: false },
      {
        rollout: 'r/g-000001/i-1/1.1',
        instanceId: 'i-1',
        status: 'scored',
        stopReason: 'done',
        failureType: null,
        reward: null,
        resolved: false,
        trainable: true,
        policyVersion: 3,
        turns: 2,
        trajectory: null,
      },
    );
    assert.equal(result.reward, stub.rewards('r/g-000001/i-1/1.1'));
    assert.deepEqual(
      stub.calls.map((call) => call.name),
      ['openSandbox', 'sampleTurn', 'runTool', 'sampleTurn', 'grade', 'recordTrajectory', 'closeSandbox'],
    );
    assert.equal(stub.open.size, 0);
  });

  it('hands each call of a turn the transcript that the one before has left', async () => {
    const stub = new StubRun();
    stub.callsPerTurn = 3;
    await withWorkers(env, stub.activities(), async () => (await start('calls')).result());
    const heads = stub.named('runTool').map((call) => (call.input as { head: string }).head);
    assert.equal(new Set(heads).size, 3);
  });

  it('grades what is in the tree after the last allowed turn', async () => {
    const stub = new StubRun();
    stub.turns = 99;
    const limited = { ...input, context: { ...STUB_CONTEXT, maxSteps: 3 } };
    const result = await withWorkers(env, stub.activities(), async () =>
      (await start('max', limited)).result(),
    );
    assert.equal(result.stopReason, 'max_steps');
    assert.equal(result.status, 'scored');
    assert.equal(stub.named('sampleTurn').length, 3);
  });

  it('tells a full context and a cut answer from a finished one', async () => {
    const stub = new StubRun();
    const overflow = stub.activities({
      sampleTurn: async () => {
        throw ApplicationFailure.nonRetryable('too long', 'Model.ContextOverflow');
      },
    });
    const cut = stub.activities({
      sampleTurn: async () => ({ head: 'h', finishReason: 'length', calls: [], usage: null }),
    });
    const first = await withWorkers(env, overflow, async () => (await start('overflow')).result());
    const second = await withWorkers(env, cut, async () => (await start('cut')).result());
    assert.deepEqual([first.stopReason, first.status], ['context_overflow', 'scored']);
    assert.deepEqual([second.stopReason, second.status], ['output_truncated', 'scored']);
  });

  it('makes a record of a failure, with its type, and closes the sandbox', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      runTool: async () => {
        throw ApplicationFailure.nonRetryable('the container is gone', 'Sandbox.Failed');
      },
    });
    const result = await withWorkers(env, activities, async () => (await start('failed')).result());
    assert.equal(result.status, 'failed');
    assert.equal(result.failureType, 'Sandbox.Failed');
    assert.equal(result.reward, null);
    assert.deepEqual(stub.trajectories[0]?.failure, {
      type: 'Sandbox.Failed',
      message: 'the container is gone',
    });
    assert.equal(stub.named('closeSandbox').length, 1);
    assert.equal(stub.named('grade').length, 0);
  });

  it('records a cancellation, closes the sandbox and stays cancelled', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      runTool: async () => {
        const context = Context.current();
        const beat = setInterval(() => context.heartbeat(), 100);
        await context.cancelled.finally(() => clearInterval(beat));
        throw new Error('not reached');
      },
    });
    await withWorkers(env, activities, async () => {
      const handle = await start('cancelled');
      while (stub.named('runTool').length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      const head = await handle.query(headQuery);
      assert.deepEqual([head.turn, head.phase], [1, 'tools']);
      await handle.cancel();
      await assert.rejects(
        handle.result(),
        (error) => error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
      );
    });
    assert.equal(stub.trajectories[0]?.status, 'cancelled');
    assert.equal(stub.open.size, 0);
  });

  it('keeps the record of a scored rollout that is cancelled while it is written', async () => {
    const stub = new StubRun();
    const latch = new Latch();
    const activities = stub.activities({
      recordTrajectory: async (record) => {
        await latch.wait();
        stub.trajectories.push(record);
        return { trajectory: 't'.repeat(64), trainable: true };
      },
    });
    const result = await withWorkers(env, activities, async () => {
      const handle = await start('cancelled-late');
      while (latch.arrived === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      await handle.cancel();
      await new Promise((resolve) => setTimeout(resolve, 500));
      latch.open();
      return await handle.result();
    });
    assert.deepEqual([result.status, result.trajectory], ['scored', 't'.repeat(64)]);
    assert.deepEqual(
      stub.trajectories.map(({ status }) => status),
      ['scored'],
    );
    assert.equal(stub.open.size, 0);
  });

  it('waits for a store that is full in the sandbox that it has', async () => {
    const stub = new StubRun();
    const full = ApplicationFailure.nonRetryable('no space left', 'Artifact.DiskFull');
    const activities = stub.activities({
      runTool: async ({ rollout: id, turn, call }) => {
        if (stub.named('runTool').length === 1) throw full;
        return { head: `h${turn}`, state: keptAfter(id, turn, call), exitCode: 0, timedOut: false };
      },
      grade: async () => {
        if (stub.named('grade').length === 1) throw full;
        return { grading: 'g', reward: 0.5, resolved: false };
      },
    });
    const result = await withWorkers(env, activities, async () => (await start('full-store')).result());
    assert.deepEqual([result.status, result.reward], ['scored', 0.5]);
    assert.equal(stub.named('openSandbox').length, 1);
  });

  it('samples with seeds that do not depend on the attempt', async () => {
    const stub = new StubRun();
    await withWorkers(env, stub.activities(), async () => {
      await (await start('seed-1')).result();
      await (await start('seed-2', { ...input, attempt: 2 })).result();
    });
    const seeds = stub.named('sampleTurn').map((call) => (call.input as { seed: number }).seed);
    assert.deepEqual(seeds.slice(0, 2), seeds.slice(2));
    assert.notEqual(seeds[0], seeds[1]);
  });
});
