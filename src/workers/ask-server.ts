import { Client, WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { runningOwner, type OwnerState } from '../domain/sandbox-claim.ts';
import type { Connected } from './connect.ts';

/** A server that takes longer to describe a workflow counts as away. */
const PATIENCE_MS = 5000;

/** What the server says of the owner of a sandbox. */
export type AskOwner = (workflowId: string) => Promise<OwnerState>;

/** A client of a worker's connection. */
export function clientOf({ connection, namespace }: Connected): Client {
  return new Client({ connection, namespace });
}

/** Whether a workflow runs, null where the server does not know it; throws where it does not answer. */
export async function isRunning(client: Client, workflowId: string): Promise<boolean | null> {
  const described = await describe(client, workflowId);
  return described === null ? null : described.status.name === 'RUNNING';
}

/** Asks about owners; never throws. */
export function askOwnerOf(client: Client): AskOwner {
  return async (workflowId) => {
    try {
      const described = await describe(client, workflowId);
      if (described === null) return { kind: 'unknown' };
      if (described.status.name !== 'RUNNING') return { kind: 'ended' };
      return runningOwner(described.memo);
    } catch {
      return { kind: 'unreachable' };
    }
  };
}

/** Null where the server does not know the workflow; throws where it does not answer in time. */
export async function describe(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | null> {
  try {
    return await client.withDeadline(Date.now() + PATIENCE_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
