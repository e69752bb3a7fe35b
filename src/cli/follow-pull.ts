import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { PullProgress } from '../domain/image-pulls.ts';
import { CommandError, messageOf } from './errors.ts';
import type { Output } from './output.ts';
import { pullLine } from './pull-line.ts';
import { QUERY_NAMES } from './queries.ts';

/** No oftener: each poll has a worker look at the workflow. */
const POLL_MS = 1000;
/** Where no terminal shows the live line, a plain one comes this often, or when another image is done. */
const PLAIN_LINE_MS = 30_000;
const QUERY_MS = 5000;

/** Shows a pull until it ends, or until the signal says to leave it alone. Rejects where images are missing in the end. */
export async function followPull(followed: {
  readonly client: Client;
  readonly workflowId: string;
  readonly output: Output;
  readonly json: boolean;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { client, workflowId, output, json, signal } = followed;
  const handle = client.workflow.getHandle(workflowId);
  const result = (handle.result() as Promise<PullProgress>).catch((error: unknown) => {
    throw new CommandError(`${workflowId} failed: ${messageOf(error)}`, { cause: error });
  });
  const end = result.then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  const detached = (signal.aborted ? Promise.resolve() : once(signal, 'abort')).then(
    () => 'detached' as const,
  );
  const show = createShow(output);
  for (;;) {
    const asked = await Promise.race([askPull(client, workflowId), detached]);
    if (asked !== 'detached' && asked !== null) show(asked);
    const next = await Promise.race([end, detached, sleep(POLL_MS, 'poll' as const, { ref: false })]);
    if (next === 'detached') {
      output.say(`detached; ${workflowId} goes on. Come back with the same command`);
      return;
    }
    if (next === 'ended') break;
  }
  const progress = await result;
  output.say(pullLine(progress, Date.now()));
  for (const { image, message } of progress.failures) output.say(`${image}: ${message}`);
  if (json) output.data({ type: 'pull', workflow_id: workflowId, ...wireOf(progress) });
  const missing = progress.images - progress.done + progress.totals.failed;
  if (missing > 0)
    throw new CommandError(`${missing} of ${progress.images} images are not on ${progress.host}`);
}

/** How far a pull is; null while no worker answers, or none has begun. */
async function askPull(client: Client, workflowId: string): Promise<PullProgress | null> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    return await client.withDeadline(Date.now() + QUERY_MS, () =>
      handle.query<PullProgress>(QUERY_NAMES.progress),
    );
  } catch (error) {
    if (error instanceof QueryNotRegisteredError || error instanceof WorkflowNotFoundError) return null;
    if (error instanceof ServiceError) return null;
    throw error;
  }
}

function createShow(output: Output): (progress: PullProgress) => void {
  let shown = -1;
  let shownAtMs = 0;
  return (progress) => {
    const nowMs = Date.now();
    const line = pullLine(progress, nowMs);
    output.live(line);
    if (output.isLive || (progress.done === shown && nowMs - shownAtMs < PLAIN_LINE_MS)) return;
    [shown, shownAtMs] = [progress.done, nowMs];
    output.say(line);
  };
}

function wireOf({ data, host, images, done, totals, failures, stopped }: PullProgress) {
  return {
    data,
    host,
    images,
    done,
    pulled: totals.pulled,
    present: totals.present,
    failed: totals.failed,
    evicted: totals.evicted,
    pulled_bytes: totals.pulledBytes,
    ours_bytes: totals.oursBytes,
    failures,
    stopped,
  };
}
