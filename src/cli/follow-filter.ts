import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { FilterProgress, FilterSummary } from '../domain/filter-summary.ts';
import type { Verdict } from '../domain/run-summary.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { filterProgressLine, verdictRecord } from './filter-lines.ts';
import { failureOf } from './follow-to-end.ts';
import type { Output } from './output.ts';
import { queryFilter } from './queries.ts';

/** No oftener: each poll has a worker look at the workflow. */
const POLL_MS = 1000;
/** Where no terminal shows the live line, a plain one comes this often, or when the phase changes. */
const PLAIN_LINE_MS = 30_000;

/** Shows a filter until it ends, and answers what it came to; null when the signal came first. Rejects when it failed. */
export async function followFilter(followed: {
  readonly client: Client;
  readonly run: string;
  readonly artifacts: Artifacts;
  readonly output: Output;
  /** Prints a record for each verdict, in the order of the data. */
  readonly json: boolean;
  readonly signal: AbortSignal;
}): Promise<FilterSummary | null> {
  const { client, run, artifacts, output, json, signal } = followed;
  const show = createShow(output);
  const verdicts = createVerdictReader(artifacts, run);
  const flush = async (checked: number) => {
    if (json) for (const verdict of await verdicts(checked)) output.data(verdictRecord(verdict));
  };
  const result = client.workflow.getHandle(run).result() as Promise<FilterSummary>;
  const end = result.then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  const detached = aborted.then(() => 'detached' as const);
  for (;;) {
    const progress = await Promise.race([askFilter(client, run), detached]);
    if (progress === 'detached') return null;
    show(progress);
    if (progress !== null) await flush(progress.checked);
    const next = await Promise.race([end, detached, sleep(POLL_MS, 'poll' as const, { ref: false })]);
    if (next === 'detached') return null;
    if (next === 'ended') break;
  }
  const summary = await result.catch((error: unknown) => {
    output.live('');
    throw failureOf(run, error);
  });
  await flush(summary.checked);
  return summary;
}

/** How far it is; null while no worker answers. */
async function askFilter(client: Client, run: string): Promise<FilterProgress | null> {
  try {
    return await queryFilter(client, run);
  } catch (error) {
    // One that has not begun, a worker that is away or a closed one: the result says the rest.
    if (error instanceof QueryNotRegisteredError || error instanceof WorkflowNotFoundError) return null;
    if (error instanceof ServiceError) return null;
    throw error;
  }
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

function createShow(output: Output): (progress: FilterProgress | null) => void {
  let first: { readonly checked: number; readonly atMs: number } | null = null;
  let shown = '';
  let shownAtMs = 0;
  return (progress) => {
    const nowMs = Date.now();
    if (progress?.phase === 'judging') first ??= { checked: progress.checked, atMs: nowMs };
    const gained = (progress?.checked ?? 0) - (first?.checked ?? 0);
    const etaSeconds =
      progress === null || first === null || gained <= 0
        ? null
        : (((nowMs - first.atMs) / gained) * (progress.total - progress.checked)) / 1000;
    const line =
      progress === null ? 'waiting for a worker to answer' : filterProgressLine(progress, etaSeconds);
    output.live(line);
    const stage = progress?.phase ?? 'none';
    if (output.isLive || (stage === shown && nowMs - shownAtMs < PLAIN_LINE_MS)) return;
    [shown, shownAtMs] = [stage, nowMs];
    output.say(line);
  };
}
