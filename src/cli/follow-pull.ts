import type { Client } from '@temporalio/client';
import type { PullProgress } from '../domain/image-pulls.ts';
import { CommandError, messageOf } from './errors.ts';
import type { Output } from './output.ts';
import { pullLine } from './pull-line.ts';
import { pollToEnd } from './poll-to-end.ts';
import { queryPull } from './queries.ts';
import { createShow } from './show-progress.ts';

/** Shows a pull until it ends, or until the signal says to leave it alone. Rejects where images are missing in the end. */
export async function followPull(followed: {
  readonly client: Client;
  readonly workflowId: string;
  readonly output: Output;
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Said while no worker answers. */
  readonly waiting: string;
}): Promise<void> {
  const { client, workflowId, output, json, signal } = followed;
  const show = createShow<PullProgress>(output, {
    waiting: followed.waiting,
    line: pullLine,
    stage: ({ done }) => done,
  });
  const ended = await pollToEnd<PullProgress, PullProgress>({
    client,
    workflowId,
    signal,
    ask: async () => await queryPull(client, workflowId),
    onProgress: show,
  });
  if (ended === null) {
    output.say(`detached; ${workflowId} goes on. Come back with the same command`);
    return;
  }
  const progress = await ended.result.catch((error: unknown) => {
    throw new CommandError(`${workflowId} failed: ${messageOf(error)}`, { cause: error });
  });
  output.say(pullLine(progress, Date.now()));
  for (const { image, message } of progress.failures) output.say(`${image}: ${message}`);
  if (json) output.data({ type: 'pull', workflow_id: workflowId, ...wireOf(progress) });
  const missing = progress.images - progress.done + progress.totals.failed;
  if (missing > 0)
    throw new CommandError(`${missing} of ${progress.images} images are not on ${progress.host}`);
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
