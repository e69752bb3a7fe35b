import {
  type Client,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { fileSafe } from '../domain/ids.ts';
import { CommandError, messageOf } from './errors.ts';
import { findRun } from './find-run.ts';
import { statusWord } from './status-word.ts';

/** Names of workflows/messages.ts, whose values would bring the workflow library along; a test holds the two equal. */
export const UPDATE_NAMES = { pause: 'pause', resume: 'resume', drain: 'drain', cancel: 'cancel' } as const;

/** Beyond this no worker is there to answer. */
const DEADLINE_MS = 10_000;

/** Updates a run that goes on and answers its name; what the run refuses is one message. */
export async function updateRun(
  client: Client,
  name: string,
  update: keyof typeof UPDATE_NAMES,
  argument?: unknown,
): Promise<string> {
  const { run, workflowId } = await findOpenRun(client, name);
  if (!(await updated(client, { run, workflowId, update, argument }))) {
    throw new CommandError(
      `no worker answers for run ${run}; steadfast up starts the embedded ones, then say it again`,
    );
  }
  return run;
}

/** Ends a run in order, by a plain cancellation where no worker answers: it waits on the server for one. */
export async function cancelRun(client: Client, name: string): Promise<string> {
  const { run, workflowId } = await findOpenRun(client, name);
  if (!(await updated(client, { run, workflowId, update: 'cancel', argument: undefined }))) {
    await client.workflow.getHandle(workflowId).cancel();
  }
  return run;
}

async function findOpenRun(client: Client, name: string): Promise<{ run: string; workflowId: string }> {
  const { workflowId, status } = await findRun(client, name);
  const run = fileSafe(workflowId);
  if (status.name === 'RUNNING') return { run, workflowId };
  throw new CommandError(`run ${run} is over already: ${statusWord(status.name)}`);
}

/** False where no worker answers in time; a run that has just ended, or refuses, is an error. */
async function updated(
  client: Client,
  asked: {
    readonly run: string;
    readonly workflowId: string;
    readonly update: keyof typeof UPDATE_NAMES;
    readonly argument: unknown;
  },
): Promise<boolean> {
  const { run, workflowId, update, argument } = asked;
  const handle = client.workflow.getHandle(workflowId);
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      argument === undefined
        ? handle.executeUpdate(UPDATE_NAMES[update])
        : handle.executeUpdate<unknown, [unknown]>(UPDATE_NAMES[update], { args: [argument] }),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      throw new CommandError(`run ${run}: ${messageOf(error.cause)}`, { cause: error });
    }
    if (error instanceof WorkflowNotFoundError) {
      throw new CommandError(`run ${run} has just ended; see: steadfast status ${run}`, { cause: error });
    }
    const isSilent =
      error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof ServiceError;
    if (isSilent) return false;
    throw error;
  }
}
