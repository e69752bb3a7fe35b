import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../src/domain/ids.ts';
import type { epoch } from '../../src/workflows/index.ts';
import type { EpochInput } from '../../src/workflows/inputs.ts';
import { STUB_CONTEXT, type StubRun } from './stub-run.ts';

/** Starts an epoch of a run of that name that trains on ten instances, a rollout each, in batches of two; `change` what a test is about. */
export async function startEpoch(
  env: TestWorkflowEnvironment,
  name: string,
  stub: StubRun,
  change: Partial<EpochInput> = {},
) {
  return await env.client.workflow.start<typeof epoch>('epoch', {
    taskQueue: TASK_QUEUES.workflows,
    workflowId: `${name}/epoch-1`,
    args: [
      {
        context: { ...STUB_CONTEXT, run: name },
        mode: 'train',
        purpose: 'train',
        list: stub.list(10),
        rolloutsPerInstance: 1,
        batchSize: 2,
        concurrency: 4,
        start: { policy: { version: 0, model: 'm', apiBase: null }, step: 0, manifest: 'm0' },
        firstGroup: 1,
        reportTo: null,
        ...change,
      },
    ],
  });
}
