import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TASK_QUEUES } from '../domain/ids.ts';

/** The workflow type of a verification. */
const VERIFY = 'verify';

/** Starts the verification of a run, or finds the one that goes on: two at once would write to the same files. */
export async function startVerify(
  client: Client,
  input: Readonly<Record<string, unknown>> & { readonly run: string },
): Promise<{ readonly workflowId: string; readonly attached: boolean }> {
  const workflowId = `${input.run}/verify`;
  try {
    await client.workflow.start(VERIFY, {
      workflowId,
      taskQueue: TASK_QUEUES.workflows,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `grades the trajectories of ${input.run} again`.slice(0, 200),
    });
    return { workflowId, attached: false };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { workflowId, attached: true };
    throw error;
  }
}
