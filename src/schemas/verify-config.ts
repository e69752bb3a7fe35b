import { z } from 'zod';
import { SteadfastError } from '../domain/failures.ts';
import type { SandboxChoice } from '../domain/run-config.ts';
import { checkFieldsOf } from './run-config-checks.ts';
import { count } from './run-config-fields.ts';
import { runConfigSchema } from './run-config-schema.ts';

const of = runConfigSchema.shape;

/** The JSON input of the workflow `verify`, which `steadfast verify` sends. */
const verifyConfigSchema = z.strictObject({
  run: z.string().min(1).describe('Name of the run, as steadfast ls prints it'),
  share: z.number().gt(0).max(1).default(1).describe('Share of the scored trajectories, drawn by the seed'),
  seed: of.seed.describe('Seed of the sample'),
  sandbox: z
    .enum(['auto', 'docker', 'bubblewrap'])
    .nullable()
    .default(null)
    .describe('Sandbox to grade in (default: as the run)'),
  concurrency: count()
    .max(24)
    .optional()
    .describe('Trajectories graded at once (default: from the machine, at most 24)'),
});

/** The JSON Schema of a verification's input. */
export function verifyConfigJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(verifyConfigSchema, { io: 'input' });
}

/** What a verification is asked for, defaults filled in. */
export interface VerifyConfig {
  readonly run: string;
  readonly share: number;
  readonly seed: number;
  readonly sandbox: SandboxChoice | null;
  readonly concurrency: number;
}

/** Reads the input of a verification; `Config.Invalid` names every bad field. */
export function parseVerifyConfig(input: unknown, machineConcurrency: number): VerifyConfig {
  const { shape } = verifyConfigSchema;
  const checked = checkFieldsOf(shape, verifyConfigJsonSchema(), 'run, share, seed, …', input);
  if (checked.problems.length > 0) {
    throw new SteadfastError('Config.Invalid', `The verification's input: ${checked.problems.join('; ')}`);
  }
  const wire = checked.values as z.output<typeof verifyConfigSchema>;
  return { ...wire, concurrency: wire.concurrency ?? machineConcurrency };
}
