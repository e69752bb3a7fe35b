import type { Client } from '@temporalio/client';
import type { FilterProgress } from '../domain/filter-summary.ts';
import type { PullProgress } from '../domain/image-pulls.ts';
import type { RunProgress } from '../domain/run-summary.ts';
import type { VerifyProgress } from '../domain/verification.ts';
import type { RolloutHead } from '../workflows/messages.ts';

/** Names of workflows/messages.ts, whose values would bring the workflow library along; a test holds the two equal. */
export const QUERY_NAMES = { progress: 'progress', head: 'head' } as const;

/** Beyond this no worker is there to answer. */
const DEADLINE_MS = 5000;

/** Asks `train` how far its run is. */
export async function queryProgress(client: Client, workflowId: string): Promise<RunProgress> {
  return await query<RunProgress>(client, workflowId, QUERY_NAMES.progress);
}

/** Asks `filterData` how far it is. */
export async function queryFilter(client: Client, workflowId: string): Promise<FilterProgress> {
  return await query<FilterProgress>(client, workflowId, QUERY_NAMES.progress);
}

/** Asks `pullImages` how far it is. */
export async function queryPull(client: Client, workflowId: string): Promise<PullProgress> {
  return await query<PullProgress>(client, workflowId, QUERY_NAMES.progress);
}

/** Asks `verify` how far it is. */
export async function queryVerify(client: Client, workflowId: string): Promise<VerifyProgress> {
  return await query<VerifyProgress>(client, workflowId, QUERY_NAMES.progress);
}

/** Asks `rollout` for its transcript so far. */
export async function queryHead(client: Client, workflowId: string): Promise<RolloutHead> {
  return await query<RolloutHead>(client, workflowId, QUERY_NAMES.head);
}

async function query<Answer>(client: Client, workflowId: string, name: string): Promise<Answer> {
  const handle = client.workflow.getHandle(workflowId);
  return await client.withDeadline(Date.now() + DEADLINE_MS, () => handle.query<Answer>(name));
}
