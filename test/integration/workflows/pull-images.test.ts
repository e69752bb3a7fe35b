import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { ImageActivities, ImageListActivities } from '../../../src/activities/contract-images.ts';
import { imageQueue, TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { PullPlan, PullProgress } from '../../../src/domain/image-pulls.ts';
import type { pullImages } from '../../../src/workflows/index.ts';
import { workflowBundle } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

const PLAN: PullPlan = {
  data: 'data.jsonl',
  host: 'stub',
  list: { ref: 'l', count: 6 },
  instances: 6,
  withoutImage: 0,
  ratePerHour: 2,
  atOnce: 4,
  budgetBytes: null,
};

describe('pullImages', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal({ searchable: false });
  });
  after(async () => await env.teardown());

  it('begins no more pulls than the rate admits, however many may go on at once', async () => {
    const begun: string[] = [];
    const activities: ImageActivities & ImageListActivities = {
      planPulls: async () => PLAN,
      missingImages: async ({ from, count }) => ({
        names: Array.from({ length: count }, (_, i) => `image-${from + i}`),
      }),
      pullImage: async ({ name }) => {
        begun.push(name);
        return { outcome: 'pulled', sizeBytes: 1, evicted: 0, oursBytes: 1 };
      },
    };
    const connection = env.nativeConnection;
    const workers = await Promise.all([
      Worker.create({ connection, taskQueue: TASK_QUEUES.workflows, workflowBundle: await workflowBundle() }),
      Worker.create({ connection, taskQueue: TASK_QUEUES.records, activities }),
      Worker.create({ connection, taskQueue: imageQueue(PLAN.host), activities }),
    ]);
    const running = workers.map((worker) => worker.run());
    try {
      const handle = await env.client.workflow.start<typeof pullImages>('pullImages', {
        taskQueue: TASK_QUEUES.workflows,
        workflowId: 'pull',
        args: [{}],
      });
      let progress: PullProgress;
      do {
        await sleep(100);
        progress = await handle.query<PullProgress>('progress').catch(() => ({}) as PullProgress);
      } while (progress.phase !== 'waiting');
      assert.deepEqual(begun.toSorted(), ['image-0', 'image-1']);
      assert.deepEqual([progress.waiting?.why, progress.totals.pulled], ['rate', 2]);
      await handle.cancel();
      await assert.rejects(handle.result(), WorkflowFailedError);
    } finally {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
    }
  });
});
