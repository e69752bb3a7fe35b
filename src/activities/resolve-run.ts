import type { RunConfig } from '../domain/run-config.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { parseRunConfig } from '../schemas/run-config.ts';
import type { RecordActivities, ResolvedRun, RunPlan } from './contract.ts';
import { heartbeatWhile } from './heartbeat.ts';

export interface ResolveRunDeps {
  readonly artifacts: Artifacts;
  /** Rollouts that the machine carries at once, for a configuration that does not say. */
  readonly machineConcurrency: number;
  /** Endpoint of inference where a configuration names none; null for the embedded policy server. */
  readonly apiBase: string | null;
  /** Whether the search attributes are registered on the server. */
  readonly searchable: boolean;
}

/** The activity that makes a run's configuration out of what a person wrote. */
export function createResolveRunActivity(deps: ResolveRunDeps): Pick<RecordActivities, 'resolveRun'> {
  const { artifacts, machineConcurrency, apiBase, searchable } = deps;

  async function resolveRun(input: {
    readonly input: unknown;
    readonly workflowId: string;
  }): Promise<ResolvedRun> {
    return await heartbeatWhile(async () => {
      const config = parseRunConfig(input.input, {
        workflowId: input.workflowId,
        machineConcurrency,
        apiBase,
      });
      await artifacts.writeRunFile(config.run, 'config.json', `${JSON.stringify(config, null, 1)}\n`);
      return { config: await artifacts.putJson(config), run: config.run, plan: planOf(config), searchable };
    });
  }

  return { resolveRun };
}

/** The part that workflows decide by; prompts and options of the trainer stay behind the reference. */
function planOf(config: RunConfig): RunPlan {
  const { mode, data, numInstances, shuffle, seed, batchSize, rolloutsPerInstance, epochs } = config;
  const { qualityFilter, requireNonZeroTests, sandbox, concurrency, model, apiBase, evaluation } = config;
  return {
    mode,
    data,
    numInstances,
    shuffle,
    seed,
    batchSize,
    rolloutsPerInstance,
    epochs,
    qualityFilter,
    requireNonZeroTests,
    sandbox,
    concurrency,
    model,
    apiBase,
    evaluation,
    maxSteps: config.agent.maxSteps,
    heartbeatSeconds: config.heartbeatSeconds,
    maxFailedShare: config.maxFailedShare,
    flakeChance: config.flakeChance,
  };
}
