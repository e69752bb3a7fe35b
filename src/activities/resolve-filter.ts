import type { Artifacts } from '../ports/artifacts.ts';
import { parseFilterConfig } from '../schemas/filter-config.ts';
import type { FilterActivities, ResolvedFilter } from './contract.ts';
import { heartbeatWhile } from './heartbeat.ts';

/** The activity that makes a filter's configuration out of what a person wrote. */
export function createResolveFilterActivity(deps: {
  readonly artifacts: Artifacts;
  /** Instances that the machine judges at once, for an input that does not say: tests are never idle. */
  readonly cores: number;
}): Pick<FilterActivities, 'resolveFilter'> {
  const { artifacts, cores } = deps;

  async function resolveFilter(input: {
    readonly input: unknown;
    readonly workflowId: string;
  }): Promise<ResolvedFilter> {
    return await heartbeatWhile(async () => {
      const filter = parseFilterConfig(input.input, { workflowId: input.workflowId, cores });
      await artifacts.writeRunFile(filter.run, 'config.json', `${JSON.stringify(filter, null, 1)}\n`);
      return { config: await artifacts.putJson(filter), filter };
    });
  }

  return { resolveFilter };
}
