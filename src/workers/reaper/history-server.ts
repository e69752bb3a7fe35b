import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { describe } from '../ask-server.ts';
import type { HistoryEvent } from './unrecorded.ts';

/** What the records' reaper asks of the Temporal server. */
export interface HistoryServer {
  /** Workflows that a visibility query finds; rejects where the server has no such list. */
  list(query: string): AsyncIterable<ListedWorkflow>;
  history(workflow: ListedWorkflow): Promise<readonly HistoryEvent[]>;
  /** The server's word on a workflow, `RUNNING` or how it closed; null for one that it does not know. */
  status(workflowId: string): Promise<string | null>;
  cancel(workflowId: string): Promise<void>;
}

/** A workflow of a list. */
export interface ListedWorkflow {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
  /** The workflow id of the run that it belongs to; its own where it was started alone. */
  readonly root: string;
}

/** The real server, by a worker's client. */
export function historyServerOf(client: Client): HistoryServer {
  return {
    async *list(query) {
      for await (const info of client.workflow.list({ query })) yield listed(info);
    },
    async history({ workflowId, runId }) {
      const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      return events ?? [];
    },
    status: async (workflowId) => (await describe(client, workflowId))?.status.name ?? null,
    async cancel(workflowId) {
      await client.workflow.getHandle(workflowId).cancel();
    },
  };
}

function listed(info: WorkflowExecutionInfo): ListedWorkflow {
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    status: info.status.name,
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString() ?? null,
    root: info.rootExecution?.workflowId || info.workflowId,
  };
}
