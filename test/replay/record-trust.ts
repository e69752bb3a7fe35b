import { setTimeout as sleep } from 'node:timers/promises';
import { TASK_QUEUES } from '../../src/domain/ids.ts';
import type { filterData, verify } from '../../src/workflows/index.ts';
import { progressQuery, resumeUpdate } from '../../src/workflows/messages.ts';
import { accepted, STUB_PLAN, StubRun } from '../support/stub-run.ts';
import { VerifyStubs } from '../support/stub-verify.ts';
import type { Recording } from './recording.ts';

/** A data set judged by itself, one instance of it left out. */
export async function recordFilterData(on: Recording): Promise<void> {
  const stub = new StubRun();
  const activities = stub.activities({
    judgeInstance: async ({ instance: { instanceId } }) =>
      instanceId === 'i-2'
        ? { instanceId, verdict: 'reject', reason: 'flaky', detail: 'tests/test_x.py::test_a' }
        : accepted(instanceId),
  });
  await on.inRun('data', activities, async () => {
    const handle = await on.env.client.workflow.start<typeof filterData>('filterData', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: 'data',
      args: [{ data: 'data.jsonl' }],
    });
    await handle.result();
    await on.keep('data', 'filter-data');
    await on.keep('data/judge', 'filter-of-data');
    await on.keep('data/judge/i-1', 'judge');
  });
}

/** A run's trajectories graded again, over several pages. */
export async function recordVerify(on: Recording): Promise<void> {
  await on.inRun('verification', new VerifyStubs(40).activities(), async () => {
    const handle = await on.env.client.workflow.start<typeof verify>('verify', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: 'verification',
      args: [{ run: 'r' }],
    });
    await handle.result();
    await on.keep('verification', 'verify');
  });
}

/** A run that holds itself for a batch whose rewards are the machinery's, and is let go. */
export async function recordRefused(on: Recording): Promise<void> {
  const stub = new StubRun();
  stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, numInstances: 2 };
  const activities = stub.activities({
    buildBatch: async () => ({
      batch: null,
      samples: 0,
      groupsWithoutVariance: 0,
      untrainable: 0,
      refused: 'every grading was cut at its time limit',
    }),
  });
  await on.inRun('refused', activities, async () => {
    const handle = await on.started('refused');
    while ((await handle.query(progressQuery)).held === null) await sleep(50);
    await handle.executeUpdate(resumeUpdate);
    await handle.result();
    await on.keep('refused', 'train-refused');
    await on.keep('refused/epoch-1', 'epoch-refused');
  });
}
