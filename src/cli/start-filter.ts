import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Client } from '@temporalio/client';
import { fileSafe } from '../domain/ids.ts';
import { startOnce } from './start-once.ts';

/** The workflow type of a filter. */
const FILTER = 'filterData';

/** A name made of what is asked for, so that the same command finds the filter that it has started before. */
export function filterName(input: Readonly<Record<string, unknown>>): string {
  const data = typeof input['data'] === 'string' ? basename(input['data']) : '';
  const hash = createHash('sha256').update(canonical(input)).digest('hex').slice(0, 8);
  return fileSafe(`filter-${data.slice(0, 40)}-${hash}`);
}

/** Starts a filter, or finds the one of that name that goes on with the same input. */
export async function startFilter(
  client: Client,
  run: string,
  input: Readonly<Record<string, unknown>>,
): Promise<{ readonly attached: boolean }> {
  return await startOnce(client, {
    type: FILTER,
    workflowId: run,
    input: { ...input, run },
    asked: canonical(input),
    summary: `filters ${String(input['data'])}`,
    refusal: (goesOn) => `${run} goes on already, with ${goesOn}; choose another --name`,
  });
}

function canonical(input: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(input).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
