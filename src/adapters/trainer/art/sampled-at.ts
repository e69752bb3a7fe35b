import { z } from 'zod';

/** Where a checkpoint's manifest says that it is sampled, where that is not here. */
export const sampledAtSchema = z.object({
  api_base: z.url(),
  model: z.string(),
  /** Whether that name is of this step for ever; else it is of the newest. */
  versioned: z.boolean(),
});
