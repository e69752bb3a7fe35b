import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TASK_QUEUES } from '../domain/ids.ts';
import { CommandError } from './errors.ts';

/**
 * Starts a workflow, or finds the one of its id that goes on when it was asked for the same; `refusal` says what to do
 * where that one was asked for something else.
 */
export async function startOnce(
  client: Client,
  workflow: {
    readonly type: string;
    readonly workflowId: string;
    /** What the workflow is started with. */
    readonly input: Readonly<Record<string, unknown>>;
    /** What was asked for, as a text that the same command gives again. */
    readonly asked: string;
    /** The line that the Web UI shows. */
    readonly summary: string;
    readonly refusal: (goesOn: string) => string;
  },
): Promise<{ readonly attached: boolean }> {
  const { type, workflowId, input, asked, summary, refusal } = workflow;
  try {
    await client.workflow.start(type, {
      workflowId,
      taskQueue: TASK_QUEUES.workflows,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      memo: { input: asked },
      staticSummary: summary.slice(0, 200),
    });
    return { attached: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { memo } = await client.workflow.getHandle(workflowId).describe();
    const goesOn = memo?.['input'];
    if (goesOn === asked) return { attached: true };
    throw new CommandError(refusal(typeof goesOn === 'string' ? goesOn : 'another input'), { cause: error });
  }
}
