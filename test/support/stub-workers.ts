import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { TASK_QUEUES } from '../../src/domain/ids.ts';
import { quiet } from './quiet.ts';
import { STUB_HOST_QUEUE, type AllActivities } from './stub-run.ts';

quiet();

export const WORKFLOWS_PATH = join(dirname(fileURLToPath(import.meta.url)), '../../src/workflows/index.ts');

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The project's workflows, bundled once a process. */
export async function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger: new DefaultLogger('ERROR') });
  return await bundle;
}

/** Runs `body` while workers with these activities poll every queue of a run. */
export async function withWorkers<T>(
  env: TestWorkflowEnvironment,
  activities: AllActivities,
  body: () => Promise<T>,
  options: { readonly maxCachedWorkflows?: number } = {},
): Promise<T> {
  const connection = env.nativeConnection;
  const workflows = await Worker.create({
    connection,
    taskQueue: TASK_QUEUES.workflows,
    workflowBundle: await workflowBundle(),
    ...options,
  });
  const queues = [
    TASK_QUEUES.records,
    TASK_QUEUES.sandbox,
    TASK_QUEUES.model,
    TASK_QUEUES.trainer,
    STUB_HOST_QUEUE,
  ];
  const others = await Promise.all(
    queues.map((taskQueue) =>
      Worker.create({ connection, taskQueue, activities, maxHeartbeatThrottleInterval: '200 ms' }),
    ),
  );
  const workers = [workflows, ...others];
  const running = workers.map((worker) => worker.run());
  try {
    return await body();
  } finally {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
  }
}
