import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  isGrpcDeadlineError,
  isGrpcServiceError,
  isRetryableError,
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
} from '@temporalio/client';

/** No oftener: each poll has a worker look at the workflow. */
const POLL_MS = 1000;

/**
 * Asks a workflow again and again how far it is, until it ends; answers its result, which rejects when it failed, or null when
 * the signal came first. A server that is away is waited for: the workflow has not ended by that.
 */
export async function pollToEnd<Progress, Result>(polled: {
  readonly client: Client;
  readonly workflowId: string;
  readonly signal: AbortSignal;
  readonly ask: () => Promise<Progress>;
  /** Null while no worker answers, or none has begun. */
  readonly onProgress: (progress: Progress | null) => void | Promise<void>;
}): Promise<{ readonly result: Promise<Result> } | null> {
  const { client, workflowId, signal, ask, onProgress } = polled;
  const result = resultOf<Result>(client, workflowId, signal);
  const end = result.then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  const detached = aborted.then(() => 'detached' as const);
  for (;;) {
    const progress = await Promise.race([nullWhereUnanswered(ask), detached]);
    if (progress === 'detached') return null;
    await onProgress(progress);
    const next = await Promise.race([end, detached, sleep(POLL_MS, 'poll' as const, { ref: false })]);
    if (next === 'detached') return null;
    if (next === 'ended') return { result };
  }
}

/** What a workflow comes to, however long its server is away meanwhile. */
async function resultOf<Result>(client: Client, workflowId: string, signal: AbortSignal): Promise<Result> {
  for (;;) {
    try {
      return (await client.workflow.getHandle(workflowId).result()) as Result;
    } catch (error) {
      if (!isAway(error) || signal.aborted) throw error;
    }
    // It keeps the process alive, as no call is open now.
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Whether the server could not be asked, as against what it had to say. */
function isAway(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcDeadlineError(error) || (isGrpcServiceError(cause) && isRetryableError(cause));
}

/** Null where a workflow has not begun, has closed, or its worker is away: its result says the rest. */
export async function nullWhereUnanswered<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof QueryNotRegisteredError || error instanceof WorkflowNotFoundError) return null;
    if (error instanceof ServiceError) return null;
    throw error;
  }
}
