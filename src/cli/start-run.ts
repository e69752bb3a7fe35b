import { randomBytes } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TASK_QUEUES } from '../domain/ids.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { parseRunConfig } from '../schemas/run-config.ts';
import { CommandError, told } from './errors.ts';
import { TRAIN } from './find-run.ts';

/** A name that no other run has: what it is for, the time, and some chance. */
export function newRunName(prefix: string, now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${prefix}-${time}-${randomBytes(2).toString('hex')}`;
}

/** Refuses a bad config before anything is started; the workflow checks it again by the same code. */
export function checkInput(input: Readonly<Record<string, unknown>>, run: string): void {
  try {
    parseRunConfig(input, { workflowId: run, machineConcurrency: 1 });
  } catch (error) {
    throw told(error);
  }
}

/** Starts the workflow of a run; a name that was used before is refused, since its folder would be shared. */
export async function startRun(
  client: Client,
  artifacts: Artifacts,
  run: string,
  input: Readonly<Record<string, unknown>>,
): Promise<void> {
  const taken = `a run ${JSON.stringify(run)} exists already; choose another name, or look at it: steadfast status ${run}`;
  if ((await artifacts.readRunFile(run, 'config.json')) !== null) throw new CommandError(taken);
  try {
    await client.workflow.start(TRAIN, {
      workflowId: run,
      taskQueue: TASK_QUEUES.workflows,
      args: [{ ...input, run }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: summaryOf(input),
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      throw new CommandError(taken, { cause: error });
    throw error;
  }
}

/** The line that the Web UI shows for a run. */
function summaryOf(input: Readonly<Record<string, unknown>>): string {
  const data = textOf(input['data']).split('/').at(-1) ?? '';
  const model = textOf(input['model']).split('/').at(-1) ?? '';
  return `${textOf(input['mode'] ?? 'inference')}: ${model} on ${data}`.slice(0, 200);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
