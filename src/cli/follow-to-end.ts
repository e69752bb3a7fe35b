import { fileSafe } from '../domain/ids.ts';
import type { RunSummary } from '../domain/run-summary.ts';
import { CommandError, messageOf, rootCause } from './errors.ts';
import { followRun, type Followed } from './follow.ts';
import type { Output } from './output.ts';
import { reportRun } from './report.ts';
import { runRecord } from './trajectory-lines.ts';

/**
 * Follows a run and prints how it ended; after Ctrl-C it says how to come back, and answers false. Rejects when the run
 * failed.
 */
export async function followToEnd(followed: Followed, comeBack: readonly string[]): Promise<boolean> {
  const { output, json, run, artifacts } = followed;
  let summary: RunSummary | null;
  try {
    summary = await followRun(followed);
  } catch (error) {
    output.live('');
    throw failureOf(run, error);
  }
  if (summary === null) {
    output.say(`detached; run ${run} goes on. Come back with: ${comeBack.join('  or  ')}`);
    return false;
  }
  await reportRun(summary, artifacts, output);
  if (json) output.data(runRecord(summary));
  return true;
}

/** Says how to follow a run that nobody follows yet; a program gets its name. */
export function leaveToItself(run: string, output: Output, json: boolean): void {
  output.say(`follow it with: ${comeBackTo(run).join('  or  ')}`);
  if (json) output.data({ type: 'run', run });
}

/** What to say of a run that has no summary. */
export function failureOf(run: string, error: unknown): CommandError {
  const cause = rootCause(error);
  const isCancelled = cause instanceof Error && cause.name === 'CancelledFailure';
  const message = isCancelled ? `run ${run} was cancelled` : `run ${run} failed: ${messageOf(error)}`;
  return new CommandError(message, { cause: error });
}

/** How to come back to a run after Ctrl-C. */
export function comeBackTo(workflowId: string): string[] {
  const run = fileSafe(workflowId);
  return [`steadfast run --attach ${run}`, `steadfast status ${run}`];
}
