import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { train } from '../../../src/workflows/index.ts';
import { cancelUpdate, pauseUpdate, progressQuery, resumeUpdate } from '../../../src/workflows/messages.ts';
import { inRun, refused, until, waiting, type RunHandle } from '../../support/controlled-run.ts';
import { Latch } from '../../support/latch.ts';
import { accepted, keptAfter, STUB_PLAN, StubRun } from '../../support/stub-run.ts';
import { startTemporal } from '../../support/temporal.ts';

describe('pause, resume and cancel', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  it('stops what is under way after its activity, and says why', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, qualityFilter: false };
    const latch = new Latch();
    await inRun(env, 'paused', waiting(stub, latch), async (handle) => {
      await until(() => latch.arrived === 4);
      await refused(handle.executeUpdate(resumeUpdate), /not held/);
      const long = handle.executeUpdate(pauseUpdate, { args: [{ reason: 'x'.repeat(501) }] });
      await refused(long, /reason is 501 characters; expected a text of at most 500/);
      const number = handle.executeUpdate(pauseUpdate, { args: [{ reason: 7 as unknown as string }] });
      await refused(number, /reason is 7; expected a text/);
      await handle.executeUpdate(pauseUpdate, { args: [{ reason: 'disk is being changed' }] });
      await refused(handle.executeUpdate(pauseUpdate, { args: [{}] }), /held already: disk is being changed/);
      await sleep(1000);
      latch.open();
      await sleep(1000);
      assert.equal(stub.named('sampleTurn').length, 4);
      const { held, draining } = await handle.query(progressQuery);
      assert.deepEqual([held?.by, held?.reason, draining], ['person', 'disk is being changed', false]);
      assert.match(await detailsOf(handle), /held since .*: disk is being changed; collecting/);
      await handle.executeUpdate(resumeUpdate);
      const summary = await handle.result();
      assert.deepEqual([summary.totals.rollouts, summary.totals.failed, summary.drained], [12, 0, false]);
      assert.equal((await handle.query(progressQuery)).held, null);
    });
    assert.equal(stub.named('sampleTurn').length, 24);
  });

  it('stops the judging of instances', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, concurrency: 2, rolloutsPerInstance: 1 };
    const latch = new Latch();
    const activities = stub.activities({
      judgeInstance: async ({ instance }) => {
        await latch.wait();
        return accepted(instance.instanceId);
      },
    });
    await inRun(env, 'paused-filter', activities, async (handle) => {
      await until(() => latch.arrived === 2);
      await handle.executeUpdate(pauseUpdate, { args: [{}] });
      await sleep(700);
      latch.open();
      await sleep(700);
      assert.equal(latch.arrived, 2);
      await handle.executeUpdate(resumeUpdate);
      assert.equal((await handle.result()).filter?.kept, 6);
    });
  });

  it('stays held when it continues as new', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, epochs: 2, numInstances: 2 };
    const latch = new Latch();
    const activities = stub.activities({
      trainStep: async ({ step }) => {
        await latch.wait();
        return {
          step,
          manifest: `m${step}`,
          policy: { version: step, model: 'm', apiBase: null },
          metrics: {},
        };
      },
    });
    const work = async (handle: RunHandle) => {
      await until(() => latch.arrived === 1);
      await handle.executeUpdate(pauseUpdate, { args: [{}] });
      latch.open();
      const latest = env.client.workflow.getHandle<typeof train>(handle.workflowId);
      while ((await latest.describe()).runId === handle.firstExecutionRunId) await sleep(100);
      assert.equal((await latest.query(progressQuery)).held?.reason, 'paused');
      await sleep(500);
      assert.equal(stub.named('openSandbox').length, 4);
      await latest.executeUpdate(resumeUpdate);
      assert.equal((await handle.result()).steps, 2);
    };
    await inRun(env, 'paused-between', activities, work, { historyLimit: 10 });
  });

  it('cancels: rollouts are recorded as cancelled and sandboxes closed', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, qualityFilter: false };
    const latch = new Latch();
    await inRun(env, 'cancelled-by-update', waiting(stub, latch), async (handle) => {
      await until(() => latch.arrived === 4);
      await handle.executeUpdate(pauseUpdate, { args: [{}] });
      await handle.executeUpdate(cancelUpdate);
      await sleep(300);
      latch.open();
      await assert.rejects(
        handle.result(),
        (error) => error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
      );
      assert.equal((await handle.describe()).status.name, 'CANCELLED');
    });
    assert.deepEqual(new Set(stub.trajectories.map(({ status }) => status)), new Set(['cancelled']));
    assert.equal(stub.open.size, 0);
  });

  it('holds itself when too many attempts fail, and forgets them when it is let go', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, qualityFilter: false, maxFailedShare: 0.05 };
    let left = 6;
    const activities = stub.activities({
      runTool: async ({ rollout, turn, call }) => {
        if (left-- > 0) throw ApplicationFailure.nonRetryable('no answer', 'Sandbox.Failed');
        return { head: `h${turn}`, state: keptAfter(rollout, turn, call), exitCode: 0, timedOut: false };
      },
    });
    const summary = await inRun(env, 'failing', activities, async (handle) => {
      let progress = await handle.query(progressQuery);
      while (progress.held === null) {
        await sleep(100);
        progress = await handle.query(progressQuery);
      }
      assert.equal(progress.held.by, 'failures');
      assert.match(
        progress.held.reason,
        /^6 of the last \d+ attempts failed, most by Sandbox.Failed: no answer$/,
      );
      await sleep(1000);
      const begun = stub.named('openSandbox').length;
      await sleep(700);
      assert.equal(stub.named('openSandbox').length, begun);
      await handle.executeUpdate(resumeUpdate);
      return await handle.result();
    });
    assert.deepEqual([summary.totals.rollouts, summary.totals.failed], [12, 0]);
    assert.deepEqual([summary.retries.attempts, summary.retries.failedAttempts], [18, 6]);
  });
});

async function detailsOf(handle: RunHandle): Promise<string> {
  return JSON.stringify(await handle.query('__temporal_workflow_metadata'));
}
