import { z } from 'zod';
import { FINDING_POLICIES, type FindingKind } from '../domain/findings.ts';
import { agentFields } from './run-config-agent.ts';
import { byMode, count } from './run-config-fields.ts';
import { trainingFields } from './run-config-training.ts';

/** A run's name is also a folder, a label and part of model names. */
const RUN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const evaluationSchema = z.strictObject({
  sets: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(60).describe('What the table calls the set'),
        data: z
          .string()
          .min(1)
          .describe(
            'Instances of the set: a file, a folder or a data set of the hub, taken whole but for what require_non_zero_tests drops (its only split, else train; its newest revision)',
          ),
      }),
    )
    .min(1)
    .describe('Sets that are evaluated before the first step and after the last'),
  rollouts_per_instance: count().max(64).default(4).describe('Rollouts an instance of an evaluation'),
});

/** A run's JSON config as a person writes it: the same for `steadfast run --config` and the `temporal` CLI. */
export const runConfigSchema = z.strictObject({
  mode: z
    .enum(['inference', 'train'])
    .default('inference')
    .describe('inference: roll out and grade; train: with gradient steps'),
  model: z
    .string()
    .min(1)
    .describe('Model name on the endpoint; in train mode a local folder or a Hugging Face name'),
  api_base: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .optional()
    .describe(
      "Base URL of an OpenAI-compatible endpoint, for inference (default: OPENAI_BASE_URL, else OpenAI's own where OPENAI_API_KEY is a real key, else the embedded policy server)",
    ),
  data: z
    .string()
    .min(1)
    .describe(
      'Instances: a JSON, JSONL or Parquet file, a folder of them, or a data set of the Hugging Face hub',
    ),
  split: z
    .string()
    .min(1)
    .nullable()
    .optional()
    .describe('Split of the data set (default: the only one, else train)'),
  revision: z
    .string()
    .min(1)
    .nullable()
    .optional()
    .describe('Branch, tag or commit of the data set on the hub (default: its newest)'),
  where: z
    .string()
    .min(1)
    .nullable()
    .optional()
    .describe('Take the records that meet a CEL condition, such as \'repo == "django/django"\''),
  sample: count().nullable().optional().describe('Take N of them, drawn by the seed (default: all)'),
  num_instances: count()
    .nullable()
    .optional()
    .describe('Take the first N instances that the filters keep (default: all)'),
  shuffle: z
    .boolean()
    .default(false)
    .describe(
      'Take instances in the order of the seed, not of the data (the epochs of train mode always do)',
    ),
  seed: z.int().min(0).max(0x7fffffff).default(0).describe('Seed of order and sampling'),
  batch_size: count().max(4096).default(4).describe('Instances a batch (train mode)'),
  rollouts_per_instance: count().max(256).default(4).describe('Rollouts an instance: the group'),
  epochs: count().max(10_000).default(1).describe('Passes over the instances'),
  ...trainingFields,
  reward_power: z
    .number()
    .gt(0)
    .max(10)
    .optional()
    .describe(`Power of the progress term of the reward (${byMode('reward_power')})`),
  quality_filter: z
    .boolean()
    .default(true)
    .describe('Drop instances whose tests do not break and mend as they should'),
  flake_chance: z
    .number()
    .min(1e-9)
    .max(0.5)
    .default(0.01)
    .describe(
      'The filter runs tests again until the chance that a flaky one goes unseen is below this (with quality_filter)',
    ),
  require_non_zero_tests: z
    .boolean()
    .default(true)
    .describe('Drop instances without FAIL_TO_PASS or PASS_TO_PASS tests'),
  ...agentFields,
  sandbox: z
    .enum(['auto', 'docker', 'bubblewrap'])
    .default('auto')
    .describe('auto takes Docker where a daemon answers, else bubblewrap'),
  hide_tests: z
    .boolean()
    .default(false)
    .describe('Take the files of FAIL_TO_PASS tests away while the agent works, where pytest runs them'),
  findings: z
    .partialRecord(
      z.enum(Object.keys(FINDING_POLICIES) as FindingKind[]),
      z.enum(['mask', 'penalise', 'keep']),
    )
    .default({})
    .describe(
      'What a finding of the audit does to a trajectory: mask keeps it out of the loss, penalise gives it the reward of doing nothing, keep only notes it',
    ),
  verify_share: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe('Share of gradings that are made twice and compared'),
  concurrency: count()
    .max(4096)
    .optional()
    .describe('Rollouts in flight at most (default: from the machine)'),
  heartbeat_seconds: count()
    .max(600)
    .default(10)
    .describe('Seconds without a sign of life after which the worker of a step counts as dead'),
  max_failed_share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe('Share of failed attempts among the last 100 above which the run pauses itself; 1 never does'),
  run: z
    .string()
    .regex(RUN_NAME)
    .optional()
    .describe('Name of the run, also its workflow id and folder (default: from the time)'),
  evaluation: evaluationSchema.nullable().optional().describe('Evaluations around the training'),
});

/** The JSON Schema of a run's config, with defaults and descriptions. */
export function runConfigJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(runConfigSchema, { io: 'input' });
  return {
    $schema,
    title: 'A run of Steadfast',
    description: 'Input of the workflow `train` and of `steadfast run --config`',
    ...schema,
  };
}
