import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
} from '@temporalio/client';

/** No oftener: each poll has a worker look at the workflow. */
const POLL_MS = 1000;

/**
 * Asks a workflow again and again how far it is, until it ends; answers its result, which rejects when it failed, or null when
 * the signal came first.
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
  const result = client.workflow.getHandle(workflowId).result() as Promise<Result>;
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
