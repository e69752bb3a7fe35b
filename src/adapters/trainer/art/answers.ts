import { z } from 'zod';

/*
 * What of ART's answers is read, by the names that they have on the wire.
 */

/** A model of the serverless API. */
export const modelSchema = z.object({
  id: z.string(),
  entity: z.string(),
  project: z.string(),
  name: z.string(),
  base_model: z.string(),
});

/** A page of a model's checkpoints. */
export const checkpointsSchema = z.object({ data: z.array(z.object({ step: z.int() })) });

export const deletedSchema = z.object({ deleted_count: z.int() });

/** A training job that was taken. */
export const jobSchema = z.object({ id: z.string() });

/** A page of what has happened to a job, oldest first. */
export const eventsSchema = z.object({
  data: z.array(
    z.object({ id: z.string(), type: z.string(), data: z.record(z.string(), z.unknown()).nullish() }),
  ),
});

/** The local server's newest step. */
export const stepSchema = z.int().min(0);

/** Where the local server samples: a base URL and the key that it takes. */
export const preparedSchema = z.tuple([z.url(), z.string()]);

/** A line of the local server's answer while it trains. */
export const lineSchema = z.record(z.string(), z.unknown());

/** The list of an OpenAI-compatible endpoint. */
export const servedSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Of a request whose answer says nothing. */
export const anythingSchema = z.unknown();
