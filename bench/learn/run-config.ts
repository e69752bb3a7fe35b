import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { type LearnOptions, packageFile } from './options.ts';

/** What is read of a run's config here; the rest is for the run itself to judge. */
const configSchema = z.looseObject({
  model: z.string(),
  data: z.string(),
  evaluation: z.looseObject({ sets: z.array(z.looseObject({ data: z.string() })).min(1) }),
});

/**
 * The config with paths that hold wherever workers stand, and as many rollouts in an evaluation as were asked for.
 * Throws an Error that names the file, and the field that is not as expected.
 */
export function runConfig(of: Pick<LearnOptions, 'config' | 'model' | 'rollouts'>): Record<string, unknown> {
  const given = readConfig(of.config);
  const sets = given.evaluation.sets.map((set) => ({ ...set, data: absolute(set.data) }));
  return {
    ...given,
    model: absolute(of.model ?? given.model),
    data: absolute(given.data),
    evaluation: { sets, rollouts_per_instance: of.rollouts },
  };
}

function readConfig(file: string): z.infer<typeof configSchema> {
  try {
    return configSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`--config is ${JSON.stringify(file)}: ${why}`, { cause: error });
  }
}

/** A path from here, or from the package; what is neither is a name of the hub. */
function absolute(path: string): string {
  return [resolve(path), packageFile(path)].find((file) => existsSync(file)) ?? path;
}
