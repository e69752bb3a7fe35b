import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Config } from '../config.ts';
import { fileSafe, TASK_QUEUES } from '../domain/ids.ts';
import { CommandError } from './errors.ts';
import { thisHost } from './host-images.ts';

/** The workflow type of a pull. */
const PULL = 'pullImages';

/**
 * Starts the pull of a host, or finds the one that goes on there with the same input: two at once would not know of each
 * other's rate and budget.
 */
export async function startPull(
  client: Client,
  config: Config,
  input: Readonly<Record<string, unknown>>,
): Promise<{ readonly workflowId: string; readonly attached: boolean }> {
  const host = typeof input['host'] === 'string' ? fileSafe(input['host']) : thisHost(config);
  const workflowId = `pull-images-${host}`;
  const asked = JSON.stringify({ ...input, host });
  try {
    await client.workflow.start(PULL, {
      workflowId,
      taskQueue: TASK_QUEUES.workflows,
      args: [{ ...input, host }],
      workflowIdConflictPolicy: 'FAIL',
      memo: { input: asked },
      staticSummary: `images of ${String(input['data'])} on ${host}`.slice(0, 200),
    });
    return { workflowId, attached: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { memo } = await client.workflow.getHandle(workflowId).describe();
    const goesOn = memo?.['input'];
    if (goesOn === asked) return { workflowId, attached: true };
    throw new CommandError(
      `${host} is pulling already, with ${typeof goesOn === 'string' ? goesOn : 'another input'}: wait for it, or end it: ` +
        `temporal workflow cancel --workflow-id ${workflowId}`,
      { cause: error },
    );
  }
}
