import { SteadfastError } from '../domain/failures.ts';
import { FINDING_POLICIES } from '../domain/findings.ts';
import { fileSafe } from '../domain/ids.ts';
import type { RunConfig } from '../domain/run-config.ts';
import { checkFields, checkTogether } from './run-config-checks.ts';
import { defaultSystemPrompt } from './prompt-template.ts';
import { defaultStalenessBound, MODE_DEFAULTS } from './run-config-fields.ts';
import { runConfigSchema } from './run-config-schema.ts';

/** What a run's configuration takes from its surroundings. */
export interface RunContext {
  /** Names the run, in file-safe form, unless the input does. */
  readonly workflowId: string;
  /** Rollouts that the machine carries at once. */
  readonly machineConcurrency: number;
  /** Endpoint of inference where the input names none; null for the embedded policy server. */
  readonly apiBase?: string | null;
}

/** Every problem of an input, a line each; empty when it is a good one. */
export function findRunConfigProblems(input: unknown, context: RunContext): string[] {
  const { problems, values } = checkFields(input);
  const given = new Set(typeof input === 'object' && input !== null ? Object.keys(input) : []);
  return [...problems, ...checkTogether(values, context.workflowId, given)];
}

/** Fills the defaults of a raw input; throws `Config.Invalid` that names every bad field. */
export function parseRunConfig(input: unknown, context: RunContext): RunConfig {
  const problems = findRunConfigProblems(input, context);
  if (problems.length > 0) throw invalidConfig(problems);
  const wire = runConfigSchema.parse(input);
  const { mode } = wire;
  return {
    run: wire.run ?? fileSafe(context.workflowId),
    mode,
    data: wire.data,
    selection: {
      split: wire.split ?? null,
      revision: wire.revision ?? null,
      where: wire.where ?? null,
      sample: wire.sample ?? null,
    },
    model: wire.model,
    apiBase:
      mode === 'train' ? null : wire.api_base === undefined ? (context.apiBase ?? null) : wire.api_base,
    numInstances: wire.num_instances ?? null,
    shuffle: wire.shuffle,
    seed: wire.seed,
    trainer: wire.trainer,
    batchSize: wire.batch_size,
    rolloutsPerInstance: wire.rollouts_per_instance,
    epochs: wire.epochs,
    oversample: wire.oversample,
    curriculum: wire.curriculum ? { target: wire.curriculum_target, maxRest: wire.curriculum_rest } : null,
    rewardPower: wire.reward_power ?? MODE_DEFAULTS.reward_power[mode],
    qualityFilter: wire.quality_filter,
    flakeChance: wire.flake_chance,
    requireNonZeroTests: wire.require_non_zero_tests,
    sandbox: wire.sandbox,
    hideTests: wire.hide_tests,
    findings: { ...FINDING_POLICIES, ...wire.findings },
    verifyShare: wire.verify_share,
    concurrency: wire.concurrency ?? context.machineConcurrency,
    heartbeatSeconds: wire.heartbeat_seconds,
    maxFailedShare: wire.max_failed_share,
    agent: {
      maxSteps: wire.max_steps,
      timeLimitSeconds: wire.time_limit_seconds,
      temperature: wire.temperature ?? MODE_DEFAULTS.temperature[mode],
      maxTokens: wire.max_tokens,
      contextTokens: wire.context_tokens ?? null,
      toolProtocol: wire.tool_protocol,
      systemPrompt: wire.system_prompt ?? defaultSystemPrompt(wire.tool_protocol),
      instancePromptTemplate: wire.instance_prompt_template,
      commandTimeoutSeconds: wire.command_timeout_seconds,
      modelTimeoutSeconds: wire.model_timeout_seconds,
      outputLimitCharacters: wire.output_limit_characters,
    },
    training: {
      learningRate: wire.learning_rate,
      loraRank: wire.lora_rank,
      loss: wire.loss,
      importance: wire.importance,
      clipLow: wire.clip_low,
      clipHigh: wire.clip_high,
      klCoefficient: wire.kl_coefficient,
      advantage: wire.advantage,
      maxStaleness: wire.max_staleness,
      stalenessBound:
        wire.staleness_bound === undefined ? defaultStalenessBound(wire.max_staleness) : wire.staleness_bound,
    },
    startFrom: wire.start_from ?? null,
    keep: { newest: wire.keep_newest ?? null, every: wire.keep_every ?? null, best: wire.keep_best },
    evaluation: evaluationOf(wire.evaluation),
  };
}

function evaluationOf(wire: ReturnType<typeof runConfigSchema.parse>['evaluation']): RunConfig['evaluation'] {
  if (wire === null || wire === undefined) return null;
  return { sets: wire.sets, rolloutsPerInstance: wire.rollouts_per_instance };
}

function invalidConfig(problems: readonly string[]): SteadfastError {
  const [first] = problems;
  const message =
    problems.length === 1
      ? `The run's config: ${first}`
      : `The run's config has ${problems.length} problems:\n${problems.map((p) => `  - ${p}`).join('\n')}`;
  return new SteadfastError('Config.Invalid', message);
}
