import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { fileSafe, TASK_QUEUES } from '../domain/ids.ts';
import { CommandError } from './errors.ts';

/** The workflow type of a filter. */
const FILTER = 'filterData';

/** A name made of what is asked for, so that the same command finds the filter that it has started before. */
export function filterName(input: Readonly<Record<string, unknown>>): string {
  const data = typeof input['data'] === 'string' ? basename(input['data']) : '';
  const hash = createHash('sha256').update(canonical(input)).digest('hex').slice(0, 8);
  return fileSafe(`filter-${data.slice(0, 40)}-${hash}`);
}

/** Starts a filter, or finds the one of that name that goes on with the same input. */
export async function startFilter(
  client: Client,
  run: string,
  input: Readonly<Record<string, unknown>>,
): Promise<{ readonly attached: boolean }> {
  const asked = canonical(input);
  try {
    await client.workflow.start(FILTER, {
      workflowId: run,
      taskQueue: TASK_QUEUES.workflows,
      args: [{ ...input, run }],
      workflowIdConflictPolicy: 'FAIL',
      memo: { input: asked },
      staticSummary: `filters ${String(input['data'])}`.slice(0, 200),
    });
    return { attached: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { memo } = await client.workflow.getHandle(run).describe();
    const goesOn = memo?.['input'];
    if (goesOn === asked) return { attached: true };
    throw new CommandError(
      `${run} goes on already, with ${typeof goesOn === 'string' ? goesOn : 'another input'}; choose another --name`,
      { cause: error },
    );
  }
}

function canonical(input: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(input).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
