import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { TASK_QUEUES } from '../../src/domain/ids.ts';
import type { filter, filterData, judge, verify } from '../../src/workflows/index.ts';
import { holdSignal, progressQuery, resumeUpdate } from '../../src/workflows/messages.ts';
import { Latch } from '../support/latch.ts';
import { accepted, instanceNamed, STUB_CONTEXT, STUB_PLAN, StubRun } from '../support/stub-run.ts';
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

/** A filter that is held and let go, and that judges behind an instance which takes long. */
export async function recordFilterAhead(on: Recording): Promise<void> {
  const stub = new StubRun();
  const latch = new Latch();
  const activities = stub.activities({
    judgeInstance: async ({ instance: { instanceId } }) => {
      if (instanceId === 'i-1') await latch.wait();
      return accepted(instanceId);
    },
  });
  await on.inRun('ahead', activities, async () => {
    const handle = await on.env.client.workflow.start<typeof filter>('filter', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: 'ahead',
      args: [{ context: STUB_CONTEXT, list: stub.list(24), keep: null, concurrency: 2, reportTo: null }],
    });
    while (stub.named('judgeInstance').length < 8) await sleep(50);
    await handle.signal(holdSignal, 'a look around');
    await sleep(500);
    await handle.signal(holdSignal, null);
    while (stub.named('judgeInstance').length < 24) await sleep(50);
    latch.open();
    await handle.result();
    await on.keep('ahead', 'filter-ahead');
  });
}

/** An instance that is judged once a host has its daemon back. */
export async function recordWaiting(on: Recording): Promise<void> {
  const stub = new StubRun();
  const activities = stub.activities({
    judgeInstance: async ({ instance: { instanceId } }) => {
      if (stub.named('judgeInstance').length === 1)
        throw ApplicationFailure.nonRetryable('no daemon', 'Sandbox.Unavailable');
      return accepted(instanceId);
    },
  });
  await on.inRun('waiting', activities, async () => {
    const handle = await on.env.client.workflow.start<typeof judge>('judge', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: 'waiting',
      args: [{ context: { sandbox: 'auto' }, instance: instanceNamed('i-1') }],
    });
    await handle.result();
    await on.keep('waiting', 'judge-waiting');
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
