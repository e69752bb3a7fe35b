import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { OpenInput } from '../../../src/activities/contract-sandbox.ts';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { group, rollout } from '../../../src/workflows/index.ts';
import type { RolloutInput } from '../../../src/workflows/inputs.ts';
import { holdSignal } from '../../../src/workflows/messages.ts';
import { Latch } from '../../support/latch.ts';
import { instanceNamed, keptAfter, STUB_CONTEXT, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

const ID = 'r/g-000001/i-1/1.1';
const NO_CACHE = { maxCachedWorkflows: 0 };
const COMMON = {
  context: STUB_CONTEXT,
  instance: instanceNamed('i-1'),
  group: 1,
  policy: { version: 0, model: 'm', apiBase: null },
};

describe('hold', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  /** A rollout that is held while its first command runs, which then ends. */
  const heldRollout = async (
    name: string,
    stub: StubRun,
    change: Partial<RolloutInput>,
    whileHeld: (handle: WorkflowHandle<typeof rollout>) => Promise<void>,
    tooLarge = false,
  ) => {
    const latch = new Latch();
    const activities = stub.activities({
      runTool: async ({ rollout: id, turn, call }) => {
        await latch.wait();
        const state = tooLarge
          ? ({ kind: 'too_large', fingerprint: 'f' } as const)
          : keptAfter(id, turn, call);
        return { head: `h${turn}`, state, exitCode: 0, timedOut: false };
      },
    });
    const work = async () => {
      const handle = await env.client.workflow.start<typeof rollout>('rollout', {
        taskQueue: TASK_QUEUES.workflows,
        workflowId: name,
        args: [{ ...COMMON, member: 1, attempt: 1, ...change }],
      });
      await until(() => latch.arrived === 1);
      await handle.signal(holdSignal, 'a look around');
      await sleep(300);
      latch.open();
      await sleep(700);
      assert.equal(stub.named('sampleTurn').length, 1);
      await whileHeld(handle);
      await handle.signal(holdSignal, null);
      return await handle.result();
    };
    return await withWorkers(env, activities, work, NO_CACHE);
  };

  it('lets a rollout finish its command, and goes on in the same sandbox', async () => {
    const stub = new StubRun();
    const result = await heldRollout('short', stub, {}, async () => {
      assert.deepEqual([...stub.open], [ID]);
    });
    assert.deepEqual([result.status, result.turns], ['scored', 2]);
    assert.equal(stub.named('openSandbox').length, 1);
  });

  it('gives up the sandbox in a long stop, and goes on from its state in another', async () => {
    const stub = new StubRun();
    const result = await heldRollout('long', stub, { holdLimitSeconds: 1 }, async () => {
      await until(() => stub.open.size === 0);
      await sleep(500);
      assert.equal(stub.named('openSandbox').length, 1);
    });
    assert.deepEqual([result.status, result.turns], ['scored', 2]);
    const [, second] = stub.named('openSandbox').map(({ input }) => input as OpenInput);
    assert.deepEqual([second?.epoch, second?.state], [2, keptAfter(ID, 1, 0)]);
    assert.equal(stub.open.size, 0);
  });

  it('keeps a sandbox whose state is nowhere else', async () => {
    const stub = new StubRun();
    const stay = async () => {
      await sleep(1500);
      assert.deepEqual([...stub.open], [ID]);
    };
    const result = await heldRollout('kept', stub, { holdLimitSeconds: 1 }, stay, true);
    assert.equal(result.status, 'scored');
    assert.equal(stub.named('openSandbox').length, 1);
  });

  it('does not take the time of a stop for time of the rollout', async () => {
    const stub = new StubRun();
    const limited = { context: { ...STUB_CONTEXT, timeLimitSeconds: 4 } };
    const result = await heldRollout('timed', stub, limited, async () => await sleep(4500));
    assert.deepEqual([result.stopReason, result.turns], ['done', 2]);
  });

  it('is ended by a cancellation', async () => {
    const stub = new StubRun();
    await assert.rejects(
      heldRollout('cancelled', stub, {}, async (handle) => {
        await handle.cancel();
        await handle.result();
      }),
    );
    assert.equal(stub.trajectories[0]?.status, 'cancelled');
    assert.equal(stub.open.size, 0);
  });

  it('reaches the rollouts of a group, which starts no other meanwhile', async () => {
    const stub = new StubRun();
    const latch = new Latch();
    const activities = stub.activities({
      runTool: async ({ rollout: id, turn, call }) => {
        await latch.wait();
        return { head: `h${turn}`, state: keptAfter(id, turn, call), exitCode: 0, timedOut: false };
      },
      grade: async ({ rollout: id }) => ({ grading: id, reward: 0.5, resolved: false }),
    });
    const work = async () => {
      const handle = await env.client.workflow.start<typeof group>('group', {
        taskQueue: TASK_QUEUES.workflows,
        workflowId: 'r/g-000001',
        args: [{ ...COMMON, size: 4, concurrency: 2, purpose: 'inference', epoch: null }],
      });
      await until(() => latch.arrived === 2);
      await handle.signal(holdSignal, 'a look around');
      await sleep(500);
      latch.open();
      await sleep(1000);
      assert.deepEqual([stub.named('sampleTurn').length, stub.named('openSandbox').length], [2, 2]);
      await handle.signal(holdSignal, null);
      await handle.result();
    };
    await withWorkers(env, activities, work, NO_CACHE);
    assert.deepEqual(
      stub.groups[0]?.results.map(({ status }) => status),
      ['scored', 'scored', 'scored', 'scored'],
    );
  });
});

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await sleep(50);
}
