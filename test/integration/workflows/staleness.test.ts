import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { EpochInput } from '../../../src/workflows/inputs.ts';
import { drainSignal } from '../../../src/workflows/messages.ts';
import { Latch } from '../../support/latch.ts';
import { startEpoch } from '../../support/stub-epoch.ts';
import { StubRun, type AllActivities } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

const INSTANCES = 10;
const BATCH = 2;

/** What every run must have: each group in one batch, in order, none older than it may be, one chain of steps. */
const check = (stub: StubRun, steps: readonly Record<string, number>[], maxStaleness: number) => {
  const batches = stub.named('buildBatch').map(({ input }) => (input as { groups: string[] }).groups);
  const all = batches.flat();
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(
    stub.named('trainStep').map(({ input }) => (input as { step: number }).step),
    batches.map((_, i) => i + 1),
  );
  for (const { 'batch/staleness_max': age } of steps)
    assert.ok(age !== undefined && age <= maxStaleness, `${age}`);
  return batches.map((groups) => groups.length);
};

const recording = (stub: StubRun, overrides: Partial<AllActivities> = {}) => {
  const steps: Record<string, number>[] = [];
  const activities = stub.activities({
    recordStep: async ({ metrics }) => void steps.push({ ...metrics }),
    ...overrides,
  });
  return { steps, activities };
};

describe('training while the next rollouts are sampled', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const start = async (name: string, stub: StubRun, change: Partial<EpochInput> = {}) =>
    await startEpoch(env, name, stub, { maxStaleness: 2, ...change });

  it('goes on sampling, up to the steps that it may be behind', async () => {
    const stub = new StubRun();
    const latch = new Latch();
    const { steps, activities } = recording(stub, {
      trainStep: async ({ step }) => {
        if (step === 1) await latch.wait();
        const policy = { version: step, model: `r@${step}`, apiBase: null };
        return { step, manifest: `m${step}`, policy, metrics: {} };
      },
    });
    const result = await withWorkers(env, activities, async () => {
      const handle = await start('ahead', stub);
      // Three batches may be begun before the first step is over, and no more.
      while (stub.named('recordGroup').length < 3 * BATCH) await sleep(50);
      await sleep(500);
      assert.equal(stub.named('openSandbox').length, 3 * BATCH);
      latch.open();
      return await handle.result();
    });
    assert.deepEqual(check(stub, steps, 2), [2, 2, 2, 2, 2]);
    assert.equal(result.policy.step, 5);
    assert.ok(Math.max(...steps.map((step) => step['batch/staleness_max'] ?? 0)) === 2);
  });

  it('keeps what has ended and not been trained on when it continues as new', async () => {
    const stub = new StubRun();
    const { steps, activities } = recording(stub);
    const { result, executions } = await withWorkers(
      env,
      activities,
      async () => {
        const handle = await start('long', stub, { historyLimit: 60 });
        const ended = await handle.result();
        const query = `WorkflowId = 'long/epoch-1'`;
        let count = 0;
        for await (const _ of env.client.workflow.list({ query })) count++;
        return { result: ended, executions: count };
      },
      { maxCachedWorkflows: 0 },
    );
    assert.deepEqual(check(stub, steps, 2), [2, 2, 2, 2, 2]);
    assert.deepEqual([result.totals.rollouts, result.policy.step], [INSTANCES, 5]);
    assert.ok(executions > 1, 'it never continued as new');
  });

  it('drained, trains on the groups that it has begun and starts no other', async () => {
    const stub = new StubRun();
    const latch = new Latch();
    const { steps, activities } = recording(stub, {
      grade: async () => {
        await latch.wait();
        return { grading: 'g'.repeat(64), reward: 0.5, resolved: false };
      },
    });
    await withWorkers(env, activities, async () => {
      const handle = await start('drained', stub, { concurrency: 3 });
      while (latch.arrived < 3) await sleep(50);
      await handle.signal(drainSignal);
      await sleep(300);
      latch.open();
      const { totals } = await handle.result();
      assert.equal(totals.rollouts, 3);
    });
    assert.deepEqual(check(stub, steps, 2), [2, 1]);
  });

  it('ends with the failure of a step', async () => {
    const stub = new StubRun();
    const { activities } = recording(stub, {
      trainStep: async () => {
        throw ApplicationFailure.nonRetryable('diverged', 'Trainer.Failed');
      },
    });
    await withWorkers(env, activities, async () => {
      const handle = await start('failed', stub);
      await assert.rejects(handle.result());
    });
    assert.equal(stub.open.size, 0);
  });

  it('starts no other group once a step has failed, though there is room while the last ones end', async () => {
    const stub = new StubRun();
    const { activities } = recording(stub, {
      trainStep: async () => {
        // The window is full: another group begins where one of these ends.
        while (stub.named('openSandbox').length < 5) await sleep(50);
        throw ApplicationFailure.nonRetryable('diverged', 'Trainer.Failed');
      },
      sampleTurn: async (input) => {
        if (!/g-00000[12]\//.test(input.rollout)) await sleep(1000);
        return await stub.activities().sampleTurn(input);
      },
    });
    await withWorkers(env, activities, async () => {
      const handle = await start('failed-ahead', stub, { concurrency: 3, maxStaleness: 4 });
      await assert.rejects(handle.result());
    });
    assert.equal(stub.named('openSandbox').length, 5);
    assert.equal(stub.open.size, 0);
  });
});
