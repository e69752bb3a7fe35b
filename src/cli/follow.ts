import type { Client } from '@temporalio/client';
import type { RunConfig } from '../domain/run-config.ts';
import type { RunProgress, RunSummary } from '../domain/run-summary.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { createEta, type RunSize } from './eta.ts';
import type { Output } from './output.ts';
import { nullWhereUnanswered, pollToEnd } from './poll-to-end.ts';
import { progressLine } from './progress-line.ts';
import { queryProgress } from './queries.ts';
import { createShow } from './show-progress.ts';
import { createTrajectoryReader, trajectoryRecord } from './trajectory-lines.ts';

/** What it takes to follow a run to its end. */
export interface Followed {
  readonly client: Client;
  readonly workflowId: string;
  readonly run: string;
  readonly artifacts: Artifacts;
  readonly output: Output;
  /** Prints a record as each rollout ends. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Said while no worker answers. */
  readonly waiting: string;
  /** Called at each poll, for what a command prints besides the line of progress. */
  readonly onPoll?: () => Promise<void>;
}

/** Shows a run until it ends, and answers its summary; null when the signal came first. Rejects when the run failed. */
export async function followRun(followed: Followed): Promise<RunSummary | null> {
  const { client, workflowId, run, artifacts, output, json, signal } = followed;
  const readTrajectories = createTrajectoryReader(artifacts, run);
  const eta = createEta();
  let size: RunSize | null = null;
  const show = createShow<RunProgress>(output, {
    waiting: followed.waiting,
    line: (progress, nowMs) => progressLine(progress, eta(progress, size, nowMs)),
    stage: ({ phase, step, held, draining }) => `${phase} ${step} ${held?.since} ${draining}`,
  });
  const flush = async () => {
    if (json) for (const one of await readTrajectories()) output.data(trajectoryRecord(one));
    await followed.onPoll?.();
  };
  const ended = await pollToEnd<RunProgress, RunSummary>({
    client,
    workflowId,
    signal,
    ask: async () => await queryProgress(client, workflowId),
    onProgress: async (progress) => {
      size ??= await sizeOf(artifacts, run);
      show(progress);
      await flush();
    },
  });
  if (ended === null) return null;
  await flush();
  return await ended.result;
}

/** The run's progress; null while no worker answers. */
export async function askProgress(client: Client, workflowId: string): Promise<RunProgress | null> {
  return await nullWhereUnanswered(async () => await queryProgress(client, workflowId));
}

/** A run's size as its config has it; null while that has not been written, as when the run has just been started. */
async function sizeOf(artifacts: Artifacts, run: string): Promise<RunSize | null> {
  const text = await artifacts.readRunFile(run, 'config.json');
  return text === null ? null : (JSON.parse(text) as RunConfig);
}
