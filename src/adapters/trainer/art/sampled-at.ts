import { z } from 'zod';
import type { Manifest } from '../checkpoints.ts';
import type { SampledAt } from './server.ts';

/** Where a checkpoint's manifest says that it is sampled, where that is not here. */
export const sampledAtSchema = z.object({
  api_base: z.url(),
  model: z.string(),
  /** Whether that name is of this step for ever; else it is of the newest. */
  versioned: z.boolean(),
});

/** The same as the adapter has it; null where a manifest says nothing of it. */
export function sampledAtOf(manifest: Manifest | undefined): SampledAt | null {
  const read = sampledAtSchema.safeParse(manifest?.['sampled_at']);
  if (!read.success) return null;
  const { api_base: apiBase, model, versioned: isVersioned } = read.data;
  return { apiBase, model, isVersioned };
}
