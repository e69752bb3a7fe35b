import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { RunConfig } from '../domain/run-config.ts';
import type { RunProgress, RunSummary } from '../domain/run-summary.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { createEta } from './eta.ts';
import type { Output } from './output.ts';
import { progressLine } from './progress-line.ts';
import { queryProgress } from './queries.ts';
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
  /** Called at each poll, for what a command prints besides the line of progress. */
  readonly onPoll?: () => Promise<void>;
}

/** No oftener: each poll has a worker look at the workflow. */
const POLL_MS = 1000;
/** Where no terminal shows the live line, a plain one comes this often, or when the phase or step changes. */
const PLAIN_LINE_MS = 30_000;

/** Shows a run until it ends, and answers its summary; null when the signal came first. Rejects when the run failed. */
export async function followRun(followed: Followed): Promise<RunSummary | null> {
  const { client, workflowId, run, artifacts, output, json, signal } = followed;
  const readTrajectories = createTrajectoryReader(artifacts, run);
  const show = createShow(output, await epochsOf(artifacts, run));
  const result = client.workflow.getHandle(workflowId).result() as Promise<RunSummary>;
  const end = result.then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  const detached = aborted.then(() => 'detached' as const);
  const flush = async () => {
    if (json) for (const one of await readTrajectories()) output.data(trajectoryRecord(one));
    await followed.onPoll?.();
  };
  for (;;) {
    const progress = await Promise.race([askProgress(client, workflowId), detached]);
    if (progress === 'detached') return null;
    show(progress);
    await flush();
    const next = await Promise.race([end, detached, sleep(POLL_MS, 'poll' as const, { ref: false })]);
    if (next === 'detached') return null;
    if (next === 'ended') break;
  }
  await flush();
  return await result;
}

/** The run's progress; null while no worker answers. */
export async function askProgress(client: Client, workflowId: string): Promise<RunProgress | null> {
  try {
    return await queryProgress(client, workflowId);
  } catch (error) {
    // A run that has not begun, a worker that is away or a closed run: the result says the rest.
    if (error instanceof QueryNotRegisteredError || error instanceof WorkflowNotFoundError) return null;
    if (error instanceof ServiceError) return null;
    throw error;
  }
}

/** Epochs of a run as its config has them; 1 while it has not been written. */
async function epochsOf(artifacts: Artifacts, run: string): Promise<number> {
  const text = await artifacts.readRunFile(run, 'config.json');
  return text === null ? 1 : ((JSON.parse(text) as Partial<RunConfig>).epochs ?? 1);
}

function createShow(output: Output, epochs: number): (progress: RunProgress | null) => void {
  const eta = createEta(epochs);
  let shown = '';
  let shownAtMs = 0;
  return (progress) => {
    const nowMs = Date.now();
    const line =
      progress === null ? 'waiting for a worker to answer' : progressLine(progress, eta(progress, nowMs));
    output.live(line);
    if (output.isLive) return;
    const stage =
      progress === null
        ? 'none'
        : `${progress.phase} ${progress.step} ${progress.held?.since} ${progress.draining}`;
    if (stage === shown && nowMs - shownAtMs < PLAIN_LINE_MS) return;
    [shown, shownAtMs] = [stage, nowMs];
    output.say(line);
  };
}
