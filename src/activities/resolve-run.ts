import { Context } from '@temporalio/activity';
import { SteadfastError } from '../domain/failures.ts';
import { policyVersionOf } from '../domain/ids.ts';
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
        apiBase: (await isPolicyVersion(artifacts, input.input)) ? null : apiBase,
      });
      await claimFolder(artifacts, config.run, Context.current().info.workflowExecution?.runId ?? '');
      await artifacts.writeRunFile(config.run, 'config.json', `${JSON.stringify(config, null, 1)}\n`);
      return { config: await artifacts.putJson(config), run: config.run, plan: planOf(config), searchable };
    });
  }

  return { resolveRun };
}

/** Whether the model is a policy version of a run that is kept here: no endpoint of the environment has that. */
async function isPolicyVersion(artifacts: Artifacts, input: unknown): Promise<boolean> {
  const model = typeof input === 'object' && input !== null && 'model' in input ? input.model : null;
  const version = typeof model === 'string' ? policyVersionOf(model) : null;
  return version !== null && (await artifacts.listRunFiles(version.run, 'checkpoints')).length > 0;
}

/**
 * Takes a run's folder for the execution of that id. Temporal lets a closed workflow's id be used again, and ids that differ
 * in signs alone have one folder: two runs there would take each other's rollouts for their own.
 */
async function claimFolder(artifacts: Artifacts, run: string, runId: string): Promise<void> {
  const claim = await artifacts.readRunFile(run, 'claim.json');
  const own = `${JSON.stringify({ runId })}\n`;
  if (claim === own) return;
  if (claim !== null || (await artifacts.readRunFile(run, 'config.json')) !== null) {
    throw new SteadfastError(
      'Config.Invalid',
      `the workflow id names the run ${JSON.stringify(run)}, which exists already; expected an id that no run had before`,
    );
  }
  await artifacts.writeRunFile(run, 'claim.json', own);
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
    timeLimitSeconds: config.agent.timeLimitSeconds,
    heartbeatSeconds: config.heartbeatSeconds,
    maxFailedShare: config.maxFailedShare,
    flakeChance: config.flakeChance,
    ...((config.training.maxStaleness ?? 0) === 0 ? {} : { maxStaleness: config.training.maxStaleness }),
    ...((config.oversample ?? 1) === 1 ? {} : { oversample: config.oversample }),
    ...(config.curriculum ? { chooses: true as const } : {}),
    ...((config.keep?.newest ?? null) === null ? {} : { prunes: true as const }),
  };
}
