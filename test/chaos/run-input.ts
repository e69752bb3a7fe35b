import { fileURLToPath } from 'node:url';

/** The committed data set. */
export const EXAMPLE_DATA = fileURLToPath(new URL('../../examples/train.jsonl', import.meta.url));

/** Fields of a run as `train` takes them. */
export type RunInput = Readonly<Record<string, unknown>> & { readonly run?: string };

/** A small run: two instances, two rollouts each, dead workers noticed within 2 s. */
export function runInput(apiBase: string, data: string): RunInput {
  return {
    mode: 'inference',
    model: 'scripted',
    api_base: apiBase,
    data,
    num_instances: 2,
    rollouts_per_instance: 2,
    concurrency: 4,
    sandbox: 'bubblewrap',
    quality_filter: false,
    heartbeat_seconds: 2,
    max_failed_share: 1,
  };
}
