import { z } from 'zod';
import { SteadfastError } from '../domain/failures.ts';
import type { DataSelection } from '../domain/run-config.ts';
import { checkFieldsOf } from './run-config-checks.ts';
import { runConfigSchema } from './run-config-schema.ts';

/**
 * Docker Hub gives 100 images in 6 hours to an address that is not logged in (docs.docker.com/docker-hub/usage, "Unauthenticated
 * users"): 16 an hour are 96.
 */
const PULLS_AN_HOUR = 16;
const GB = 1e9;

const text = () => z.string().min(1);

const pullConfigSchema = z.strictObject({
  data: text().describe('Instances whose images are pulled: as the data of a run'),
  split: text()
    .nullable()
    .default(null)
    .describe('Split of the data set (default: the only one, else train)'),
  revision: text()
    .nullable()
    .default(null)
    .describe('Branch, tag or commit of the data set on the hub (default: its newest)'),
  where: text().nullable().default(null).describe('Take the records that meet a CEL condition'),
  sample: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Take N of them, drawn by the seed (default: all)'),
  seed: runConfigSchema.shape.seed.describe('Seed of the sample'),
  host: text().nullable().default(null).describe('Sandbox host that pulls (default: this one)'),
  rate: z
    .int()
    .min(1)
    .max(1000)
    .nullable()
    .default(PULLS_AN_HOUR)
    .describe('Pulls that begin within an hour at most; none (null in JSON) for no limit'),
  at_once: z.int().min(1).max(8).default(2).describe('Images pulled at once'),
  budget: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe('GB that the images that Steadfast pulled may take (default: all of the disk but 10 GB)'),
});

/** The JSON Schema of a pull's input, with defaults and descriptions. */
export function pullConfigJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(pullConfigSchema, { io: 'input' });
}

/** What a pull is asked for, defaults filled in. */
export interface PullConfig {
  readonly data: string;
  readonly selection: DataSelection;
  readonly seed: number;
  readonly host: string | null;
  readonly ratePerHour: number | null;
  readonly atOnce: number;
  readonly budgetBytes: number | null;
}

/** Reads the input of a pull; `Config.Invalid` names every bad field. */
export function parsePullConfig(input: unknown): PullConfig {
  const json = pullConfigJsonSchema();
  const { problems, values } = checkFieldsOf(pullConfigSchema.shape, json, 'data, rate, budget, …', input);
  if (problems.length > 0) {
    throw new SteadfastError('Config.Invalid', `The input of the pull is wrong: ${problems.join('; ')}`);
  }
  const wire = values as z.output<typeof pullConfigSchema>;
  return {
    data: wire.data,
    selection: { split: wire.split, revision: wire.revision, where: wire.where, sample: wire.sample },
    seed: wire.seed,
    host: wire.host,
    ratePerHour: wire.rate,
    atOnce: wire.at_once,
    budgetBytes: wire.budget === null ? null : wire.budget * GB,
  };
}
