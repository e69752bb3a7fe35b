import type { Client } from '@temporalio/client';
import type { FilterProgress, FilterSummary } from '../domain/filter-summary.ts';
import type { Verdict } from '../domain/run-summary.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { filterProgressLine, verdictRecord } from './filter-lines.ts';
import { failureOf } from './follow-to-end.ts';
import type { Output } from './output.ts';
import { pollToEnd } from './poll-to-end.ts';
import { queryFilter } from './queries.ts';
import { createShow } from './show-progress.ts';

/** Shows a filter until it ends, and answers what it came to; null when the signal came first. Rejects when it failed. */
export async function followFilter(followed: {
  readonly client: Client;
  readonly run: string;
  readonly artifacts: Artifacts;
  readonly output: Output;
  /** Prints a record for each verdict, in the order of the data. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Said while no worker answers. */
  readonly waiting: string;
}): Promise<FilterSummary | null> {
  const { client, run, artifacts, output, json, signal } = followed;
  const show = createShow<FilterProgress>(output, {
    waiting: followed.waiting,
    line: createLine(),
    stage: ({ phase }) => phase,
  });
  const verdicts = createVerdictReader(artifacts, run);
  const flush = async (checked: number) => {
    if (json) for (const verdict of await verdicts(checked)) output.data(verdictRecord(verdict));
  };
  const ended = await pollToEnd<FilterProgress, FilterSummary>({
    client,
    workflowId: run,
    signal,
    ask: async () => await queryFilter(client, run),
    onProgress: async (progress) => {
      show(progress);
      if (progress !== null) await flush(progress.checked);
    },
  });
  if (ended === null) return null;
  const summary = await ended.result.catch((error: unknown) => {
    output.live('');
    throw failureOf(run, error);
  });
  await flush(summary.checked);
  return summary;
}

/** Reads the verdicts below a position that were not read before; pages of an earlier filter of the name lie above it. */
function createVerdictReader(artifacts: Artifacts, run: string): (checked: number) => Promise<Verdict[]> {
  let read = 0;
  return async (checked) => {
    const fresh: Verdict[] = [];
    while (read < checked) {
      const path = `filter/${String(read).padStart(6, '0')}.json`;
      const text = await artifacts.readRunFile(run, path);
      const page = text === null ? null : (JSON.parse(text) as { readonly verdicts: readonly Verdict[] });
      if (page === null || page.verdicts.length === 0) break;
      fresh.push(...page.verdicts);
      read += page.verdicts.length;
    }
    return fresh;
  };
}

/** The line of a filter, with the time that it will take by the speed since it is followed. */
function createLine(): (progress: FilterProgress, nowMs: number) => string {
  let first: { readonly checked: number; readonly atMs: number } | null = null;
  return (progress, nowMs) => {
    if (progress.phase === 'judging') first ??= { checked: progress.checked, atMs: nowMs };
    const gained = progress.checked - (first?.checked ?? 0);
    const etaSeconds =
      first === null || gained <= 0
        ? null
        : (((nowMs - first.atMs) / gained) * (progress.total - progress.checked)) / 1000;
    return filterProgressLine(progress, etaSeconds);
  };
}
