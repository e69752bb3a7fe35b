import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../src/domain/ids.ts';
import type { train } from '../../src/workflows/index.ts';
import type { TrainCarried } from '../../src/workflows/train.ts';
import type { Latch } from './latch.ts';
import { keptAfter, type AllActivities, type StubRun } from './stub-run.ts';
import { withWorkers } from './stub-workers.ts';

export type RunHandle = WorkflowHandleWithFirstExecutionRunId<typeof train>;

/** Starts a run and does something with it; every workflow task is replayed from the first event, as by a new worker. */
export async function inRun<T>(
  env: TestWorkflowEnvironment,
  name: string,
  activities: AllActivities,
  body: (handle: RunHandle) => Promise<T>,
  carried: TrainCarried = {},
): Promise<T> {
  const work = async () => {
    const handle = await env.client.workflow.start<typeof train>('train', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: name,
      args: [{ data: 'data.jsonl' }, carried],
    });
    return await body(handle);
  };
  return await withWorkers(env, activities, work, { maxCachedWorkflows: 0 });
}

/** Activities whose commands wait at a latch. */
export function waiting(stub: StubRun, latch: Latch, overrides: Partial<AllActivities> = {}): AllActivities {
  return stub.activities({
    runTool: async ({ rollout, turn, call }) => {
      await latch.wait();
      return { head: `h${turn}`, state: keptAfter(rollout, turn, call), exitCode: 0, timedOut: false };
    },
    ...overrides,
  });
}

/** Expects an update to be refused, in these words. */
export async function refused(update: Promise<unknown>, why: RegExp): Promise<void> {
  await assert.rejects(update, (error) => {
    const message = error instanceof WorkflowUpdateFailedError ? String(error.cause?.message) : String(error);
    return why.test(message);
  });
}

export async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await sleep(50);
}
