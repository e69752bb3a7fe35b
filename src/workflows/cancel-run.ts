import { getExternalWorkflowHandle } from '@temporalio/workflow';

/** Requests a run's cancellation for it, since a workflow cannot ask the server for its own. */
export async function cancelRun(run: string): Promise<void> {
  await getExternalWorkflowHandle(run).cancel();
}
