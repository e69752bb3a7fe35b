import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { RunPlan } from '../../src/activities/contract.ts';
import { TASK_QUEUES } from '../../src/domain/ids.ts';
import type { rollout } from '../../src/workflows/index.ts';
import type { RolloutInput } from '../../src/workflows/inputs.ts';
import {
  cancelUpdate,
  drainUpdate,
  holdSignal,
  pauseUpdate,
  progressQuery,
  resumeUpdate,
} from '../../src/workflows/messages.ts';
import { Latch } from '../support/latch.ts';
import { accepted, instanceNamed, keptAfter, STUB_CONTEXT, STUB_PLAN, StubRun } from '../support/stub-run.ts';
import type { Recording, RunHandle } from './recording.ts';

/** A rollout that loses its sandbox at a command and at grading, and one that gives it up in a stop. */
export async function recordMoved(on: Recording): Promise<void> {
  const stub = new StubRun();
  stub.turns = 3;
  const activities = stub.activities({
    runTool: async ({ rollout: id, turn, call, epoch }) => {
      if (epoch === 1 && turn === 2) throw ApplicationFailure.nonRetryable('removed', 'Sandbox.Gone');
      return {
        head: `${turn}`.padStart(64, '0'),
        state: keptAfter(id, turn, call),
        exitCode: 0,
        timedOut: false,
      };
    },
    grade: async ({ epoch }) => {
      if (epoch === 2) throw ApplicationFailure.nonRetryable('no daemon', 'Sandbox.Unavailable');
      return { grading: 'g'.repeat(64), reward: 1, resolved: true };
    },
  });
  const begun = async (name: string) =>
    await on.env.client.workflow.start<typeof rollout>('rollout', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: `${name}/g-000001/i-1/1.1`,
      args: [inputOf(name)],
    });
  await on.inRun('moved', activities, async () => {
    const moved = await begun('moved');
    await moved.result();
    await on.keep(moved.workflowId, 'rollout-moved');
    const held = await begun('held');
    await held.signal(holdSignal, 'a look around');
    while (!stub.named('closeSandbox').some(({ input: of }) => JSON.stringify(of).includes('held/'))) {
      await sleep(100);
    }
    await sleep(500);
    await held.signal(holdSignal, null);
    await held.result();
    await on.keep(held.workflowId, 'rollout-held');
  });
}

/** Train runs that are paused and resumed, paused and drained, and cancelled by updates. */
export async function recordControlled(on: Recording): Promise<void> {
  const run = async (
    name: string,
    plan: Partial<RunPlan>,
    control: (handle: RunHandle, latch: Latch) => Promise<void>,
  ) => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, ...plan };
    const latch = new Latch();
    const activities = stub.activities({
      judgeInstance: async ({ instance }) => {
        if (instance.instanceId !== 'i-1') await latch.wait();
        return accepted(instance.instanceId);
      },
      runTool: async ({ rollout: id, turn, call }) => {
        await latch.wait();
        return {
          head: `${turn}`.padStart(64, '0'),
          state: keptAfter(id, turn, call),
          exitCode: 0,
          timedOut: false,
        };
      },
    });
    await on.inRun(name, activities, async () => {
      const handle = await on.started(name);
      while (latch.arrived < 1) await sleep(50);
      await control(handle, latch);
      await handle.result().catch(() => undefined);
      await on.keep(name, `train-${name}`);
    });
  };
  await run('resumed', { epochs: 2, numInstances: 4 }, async (handle, latch) => {
    await handle.executeUpdate(pauseUpdate, { args: [{ reason: 'a look around' }] });
    await sleep(700);
    latch.open();
    await sleep(700);
    await handle.executeUpdate(resumeUpdate);
    await handle.result();
    await on.keep('resumed/epoch-1', 'epoch-resumed');
    await on.keep('resumed/g-000001', 'group-resumed');
  });
  await run('drained', { batchSize: 6, epochs: 2 }, async (handle, latch) => {
    await handle.executeUpdate(pauseUpdate, { args: [{}] });
    await handle.executeUpdate(drainUpdate);
    await sleep(700);
    latch.open();
    await handle.result();
    await on.keep('drained/epoch-1', 'epoch-drained');
  });
  await run('drained-filter', { qualityFilter: true }, async (handle, latch) => {
    await handle.executeUpdate(drainUpdate);
    await handle.result();
    latch.open();
    await on.keep('drained-filter/filter', 'filter-drained');
  });
  await run('cancelled-by-update', {}, async (handle, latch) => {
    await handle.executeUpdate(cancelUpdate);
    await sleep(300);
    latch.open();
  });
}

/** A train run that too many failures hold, and whose first group is given up. */
export async function recordFailing(on: Recording): Promise<void> {
  const stub = new StubRun();
  stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, numInstances: 4, maxFailedShare: 0.05 };
  const activities = stub.activities({
    grade: async ({ rollout: id }) => {
      if (id.includes('/g-000001/')) throw ApplicationFailure.nonRetryable('no memory', 'Grade.Failed');
      return { grading: 'g'.repeat(64), reward: stub.rewards(id), resolved: false };
    },
  });
  await on.inRun('failing', activities, async () => {
    const handle = await on.started('failing');
    while ((await handle.query(progressQuery)).held === null) await sleep(200);
    await sleep(500);
    await handle.executeUpdate(resumeUpdate);
    await handle.result();
    await on.keep('failing', 'train-failing');
    await on.keep('failing/epoch-1', 'epoch-failing');
    await on.keep('failing/g-000001', 'group-given-up');
  });
}

function inputOf(run: string): RolloutInput {
  return {
    context: { ...STUB_CONTEXT, run },
    instance: instanceNamed('i-1'),
    group: 1,
    member: 1,
    attempt: 1,
    policy: { version: 0, model: 'm', apiBase: null },
    holdLimitSeconds: 1,
  };
}
