import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { fileSafe } from '../domain/ids.ts';
import { nearestName } from '../schemas/nearest.ts';
import { CommandError } from './errors.ts';

/** The workflow type of a run. */
export const TRAIN = 'train';

const QUERY = `WorkflowType = '${TRAIN}'`;

/** What the server says of a run's workflow. */
export type RunInfo = Pick<WorkflowExecutionInfo, 'workflowId' | 'status' | 'startTime' | 'closeTime'>;

/** All runs that the server knows, the newest first. */
export async function listRuns(client: Client, query = QUERY): Promise<RunInfo[]> {
  const runs: RunInfo[] = [];
  const seen = new Set<string>();
  for await (const info of client.workflow.list({ query })) {
    // A run that continued as new has several executions: the newest comes first.
    if (seen.has(info.workflowId)) continue;
    seen.add(info.workflowId);
    runs.push(info);
  }
  return runs.toSorted((a, b) => b.startTime.getTime() - a.startTime.getTime());
}

/** Runs that go on now. */
export async function listOpenRuns(client: Client): Promise<RunInfo[]> {
  return await listRuns(client, `${QUERY} AND ExecutionStatus = 'Running'`);
}

/** The execution of a run by its name or workflow id; null when the server has none. */
async function lookUpRun(client: Client, run: string): Promise<RunInfo | null> {
  try {
    const info = await client.workflow.getHandle(run).describe();
    if (info.type === TRAIN) return info;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  // A schedule's workflow id holds characters that the run's name replaces.
  return (await listRuns(client)).find((info) => fileSafe(info.workflowId) === run) ?? null;
}

/** The execution of a run; an unknown one is an error that names the nearest. */
export async function findRun(client: Client, run: string): Promise<RunInfo> {
  const found = await lookUpRun(client, run);
  if (found !== null) return found;
  const names = (await listRuns(client)).map((info) => fileSafe(info.workflowId));
  const nearest = nearestName(run, names);
  const hint = nearest === null ? 'steadfast ls lists the runs' : `did you mean ${nearest}?`;
  throw new CommandError(`there is no run ${JSON.stringify(run)}; ${hint}`);
}
