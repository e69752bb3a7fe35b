import { z } from 'zod';

/*
 * What of a Tinker server's answers is read, by the names that they have on the wire.
 */

export const sessionSchema = z.object({ session_id: z.string() });

export const capabilitiesSchema = z.object({
  supported_models: z.array(z.object({ model_name: z.string().nullish() })),
});

/** A request that is worked on. */
export const futureSchema = z.object({ request_id: z.coerce.string() });

/** A request of a model that does not exist before it. */
export const createdSchema = futureSchema.extend({ model_id: z.string() });

/** What says that a request is still worked on, where its status does not. */
export const tryAgainSchema = z.object({ type: z.literal('try_again') });

export const optimisedSchema = z.object({
  metrics: z.record(z.string(), z.number()).nullish(),
});

/** Of a saved state, or of an adapter: `tinker://<model>/…`. */
export const savedSchema = z.object({ path: z.string().regex(/^tinker:\/\/[^/]+\/./) });

/** Of a request whose result says nothing. */
export const anythingSchema = z.unknown();

/** Of a download that lies at another address, where no redirect says so. */
export const elsewhereSchema = z.object({ url: z.string().min(1) });

export const refusalSchema = z.object({ detail: z.unknown().optional(), error: z.unknown().optional() });
