import { z } from 'zod';
import { SteadfastError } from '../domain/failures.ts';
import type { FilterConfig } from '../domain/filter-summary.ts';
import { fileSafe } from '../domain/ids.ts';
import { checkFieldsOf } from './run-config-checks.ts';
import { count } from './run-config-fields.ts';
import { runConfigSchema } from './run-config-schema.ts';

const of = runConfigSchema.shape;

/** The JSON input of the workflow `filterData`, which `steadfast filter` sends: fields of a run's config, and its own. */
const filterConfigSchema = z.strictObject({
  data: of.data,
  split: of.split,
  revision: of.revision,
  where: of.where,
  sample: of.sample,
  seed: of.seed,
  sandbox: of.sandbox,
  concurrency: count().max(64).optional().describe('Instances judged at once (default: one a core)'),
  heartbeat_seconds: of.heartbeat_seconds,
  flake_chance: of.flake_chance,
  run: of.run.describe('Name of the filter, also its workflow id and folder (default: from the time)'),
});

/** The JSON Schema of a filter's input. */
export function filterConfigJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(filterConfigSchema, { io: 'input' });
}

/** Reads the input of a filter; throws `Config.Invalid` that names every bad field. */
export function parseFilterConfig(
  input: unknown,
  context: { readonly workflowId: string; readonly cores: number },
): FilterConfig {
  const { problems, values } = checkFieldsOf(
    filterConfigSchema.shape,
    filterConfigJsonSchema(),
    'data, split, where, …',
    input,
  );
  const wire = values as z.output<typeof filterConfigSchema>;
  const run = fileSafe(context.workflowId);
  if (wire.run !== undefined && wire.run !== run) {
    problems.push(
      `run is ${JSON.stringify(wire.run)} in a workflow with the id ${JSON.stringify(context.workflowId)}; ` +
        'expected the two to be equal, or no run: two workflows must not write to one folder',
    );
  }
  if (problems.length > 0) {
    throw new SteadfastError('Config.Invalid', `The filter's input: ${problems.join('; ')}`);
  }
  const { split = null, revision = null, where = null, sample = null } = wire;
  return {
    run,
    data: wire.data,
    selection: { split, revision, where, sample },
    seed: wire.seed,
    sandbox: wire.sandbox,
    concurrency: wire.concurrency ?? context.cores,
    heartbeatSeconds: wire.heartbeat_seconds,
    flakeChance: wire.flake_chance,
  };
}
