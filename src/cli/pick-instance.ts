import { createRecordReader } from '../adapters/datasets/load/raw-records.ts';
import type { Config } from '../config.ts';
import { isHubName } from '../domain/hub-name.ts';
import { nearestName } from '../schemas/nearest.ts';
import { CommandError } from './errors.ts';

/** The condition that chooses one instance among the records that another condition, or none, would take. */
export function onlyInstance(where: unknown, instance: string): string {
  // JSON's texts are CEL's too.
  const id = `instance_id == ${JSON.stringify(instance)}`;
  // On a line of its own the bracket closes behind a comment as well.
  return typeof where === 'string' ? `${id} && (${where}\n)` : id;
}

/**
 * Refuses an instance that data on this machine does not have, before anything is started. What is on the hub is read by
 * the run alone, which says so too.
 */
export async function refuseUnknownInstance(
  config: Pick<Config, 'cache' | 'hub' | 'sweBench'>,
  input: Readonly<Record<string, unknown>>,
  instance: string,
): Promise<void> {
  const data = String(input['data']);
  if (isHubName(data)) return;
  const { cache, hub, sweBench } = config;
  const read = createRecordReader({ cacheDir: cache, hub, sweBench });
  const selection = {
    split: textOf(input['split']),
    revision: textOf(input['revision']),
    where: null,
    sample: null,
  };
  const ids = new Set<string>();
  for await (const record of read({ data, selection, seed: 0, requireNonZeroTests: false })) {
    const { instance_id: id } = record;
    if (id === instance) return;
    if (typeof id === 'string') ids.add(id);
  }
  throw new CommandError(
    `there is no instance ${JSON.stringify(instance)} in ${data}; ${hintOf(instance, ids)}`,
  );
}

function hintOf(instance: string, ids: ReadonlySet<string>): string {
  if (ids.size === 0) return 'its records have no instance_id';
  const nearest = nearestName(instance, ids);
  return nearest === null ? `it has ${ids.size} instances` : `did you mean ${nearest}?`;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
