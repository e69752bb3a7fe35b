import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, type Client } from '@temporalio/client';
import { rootCause } from '../../src/cli/errors.ts';
import { TASK_QUEUES } from '../../src/domain/ids.ts';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import { tell } from './story.ts';
import type { RunInput } from './run-input.ts';

/** Of a small run, whatever the fault. */
const WITHIN_MS = 300_000;

/** A run that was started. */
export interface StartedRun {
  readonly run: string;
  /** When it was started, in ms since 1970. */
  readonly startedAt: number;
  /** Its summary; throws when it fails, is cancelled or does not end in time. */
  result(): Promise<RunSummary>;
  /** The name of the status that it closed with, `COMPLETED` and so on; throws when it does not close in time. */
  closed(): Promise<string>;
  /** The type of the failure that it closed with, `Artifact.Missing` and so on; null where it closed otherwise. */
  failure(): Promise<string | null>;
}

/** Starts a run as a client does. */
export async function startRun(
  client: Client,
  input: RunInput & { readonly run: string },
  withinMs = WITHIN_MS,
): Promise<StartedRun> {
  const { run } = input;
  const startedAt = Date.now();
  tell(`${run} begins`);
  const handle = await client.workflow.start('train', {
    workflowId: run,
    taskQueue: TASK_QUEUES.workflows,
    args: [input],
  });

  /** Asks until it has closed; a server that is away is asked again. */
  async function closed(): Promise<string> {
    for (const end = Date.now() + withinMs; Date.now() < end; await sleep(50)) {
      const status = await handle.describe().then(
        (described) => described.status.name,
        () => 'RUNNING',
      );
      if (status !== 'RUNNING') {
        tell(`${run} is ${status}`);
        return status;
      }
    }
    throw new Error(`the run ${run} did not end within ${withinMs / 1000} s`);
  }

  return {
    run,
    startedAt,
    closed,
    result: async () => {
      await closed();
      return (await handle.result()) as RunSummary;
    },
    failure: async () => {
      await closed();
      return await handle.result().then(() => null, failureType);
    },
  };
}

function failureType(error: unknown): string | null {
  const cause = rootCause(error);
  return cause instanceof ApplicationFailure ? (cause.type ?? null) : null;
}
