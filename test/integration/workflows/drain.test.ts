import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { RunPlan } from '../../../src/activities/contract.ts';
import { cancelUpdate, drainUpdate, pauseUpdate, progressQuery } from '../../../src/workflows/messages.ts';
import { inRun, refused, until, waiting } from '../../support/controlled-run.ts';
import { Latch } from '../../support/latch.ts';
import { accepted, STUB_PLAN, StubRun } from '../../support/stub-run.ts';
import { startTemporal } from '../../support/temporal.ts';

const TRAINING: Partial<RunPlan> = { mode: 'train', qualityFilter: false };
const HELD_OUT = { sets: [{ name: 'held-out', data: 'h.jsonl' }], rolloutsPerInstance: 1 };

describe('drain', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  it('drains: trains on the groups that were begun, evaluates and ends', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, ...TRAINING, batchSize: 6, epochs: 3, evaluation: HELD_OUT };
    const latch = new Latch();
    const activities = waiting(stub, latch, {
      sampleTurn: async ({ rollout, turn }) => {
        const calls = turn === 1 && isTraining(rollout) ? ['bash: ls'] : [];
        return { head: `s${turn}`, finishReason: 'stop', calls, usage: null };
      },
    });
    const summary = await inRun(env, 'drained', activities, async (handle) => {
      await until(() => latch.arrived === 4);
      await handle.executeUpdate(pauseUpdate, { args: [{}] });
      // A drain lets a held run go.
      await handle.executeUpdate(drainUpdate);
      await refused(handle.executeUpdate(drainUpdate), /drained already/);
      await refused(handle.executeUpdate(pauseUpdate, { args: [{}] }), /being drained/);
      assert.equal((await handle.query(progressQuery)).draining, true);
      await sleep(700);
      latch.open();
      const result = await handle.result();
      await refused(handle.executeUpdate(cancelUpdate), /./);
      return result;
    });
    assert.deepEqual([summary.drained, summary.steps, summary.totals.rollouts], [true, 1, 4]);
    assert.deepEqual(
      summary.evaluations.map(({ when, rollouts }) => [when, rollouts]),
      [
        ['before', 6],
        ['after', 6],
      ],
    );
    const [batch] = stub.named('buildBatch').map(({ input }) => (input as { groups: string[] }).groups);
    assert.equal(batch?.length, 2);
    assert.equal(stub.open.size, 0);
  });

  it('drains a filter, which keeps what it has', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, concurrency: 2 };
    const latch = new Latch();
    const activities = stub.activities({
      judgeInstance: async ({ instance }) => {
        if (instance.instanceId !== 'i-1') await latch.wait();
        return accepted(instance.instanceId);
      },
    });
    const summary = await inRun(env, 'drained-filter', activities, async (handle) => {
      await until(() => latch.arrived === 2);
      await handle.executeUpdate(drainUpdate);
      const result = await handle.result();
      latch.open();
      return result;
    });
    assert.deepEqual(summary.filter, { checked: 1, kept: 1, reasons: {} });
    assert.deepEqual([summary.drained, summary.totals.rollouts], [true, 0]);
  });

  it('drains the evaluation before training, and counts what was begun of it', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, ...TRAINING, concurrency: 2, evaluation: HELD_OUT };
    const latch = new Latch();
    const summary = await inRun(env, 'drained-evaluation', waiting(stub, latch), async (handle) => {
      await until(() => latch.arrived === 2);
      await handle.executeUpdate(drainUpdate);
      await sleep(700);
      latch.open();
      return await handle.result();
    });
    assert.deepEqual(
      summary.evaluations.map(({ when, instances, rollouts }) => [when, instances, rollouts]),
      [['before', 2, 2]],
    );
    assert.equal(summary.steps, 0);
  });
});

function isTraining(rollout: string): boolean {
  // The evaluation before has the groups 1 to 6, and takes no more than these.
  return rollout.includes('/g-000007/') || rollout.includes('/g-000008/');
}
