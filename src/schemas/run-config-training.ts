import { z } from 'zod';
import { count } from './run-config-fields.ts';

/** A checkpoint of a run, by the name of its policy. */
const POLICY_VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}@\d{1,9}$/;

/** The fields of a run's config that its gradient steps and checkpoints read. */
export const trainingFields = {
  trainer: z
    .enum(['embedded', 'tinker', 'art', 'art-local'])
    .default('embedded')
    .describe(
      'Who makes the gradient steps: the embedded policy server, the Tinker server at TINKER_BASE_URL, serverless ART, or the ART server at ART_BASE_URL (train mode)',
    ),
  oversample: z
    .number()
    .min(1)
    .max(8)
    .default(1)
    .describe(
      'Groups of a batch at most, in batch_sizes: it takes further instances until batch_size groups have rewards that differ (train mode)',
    ),
  curriculum: z
    .boolean()
    .default(false)
    .describe(
      'Let instances rest that teach nothing, as every rollout or none resolves them, and take first those near curriculum_target (train mode)',
    ),
  curriculum_target: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe('Share of rollouts that resolve an instance at which it is preferred (train mode)'),
  curriculum_rest: count()
    .max(10_000)
    .default(8)
    .describe(
      'Epochs that an instance rests at most: 1, then 2, 4, … for as long as it teaches nothing (train mode)',
    ),
  learning_rate: z.number().gt(0).max(1).default(5e-5).describe('Learning rate of AdamW (train mode)'),
  lora_rank: count().max(512).default(32).describe('Rank of the LoRA adapter (train mode)'),
  loss: z
    .enum(['dapo', 'grpo', 'dr_grpo'])
    .default('dapo')
    .describe('How token losses are averaged (train mode)'),
  importance: z
    .enum(['token', 'sequence'])
    .default('token')
    .describe('Level of the importance ratio (train mode)'),
  clip_low: z
    .number()
    .min(0)
    .lt(1)
    .default(0.2)
    .describe('Importance ratio is clipped below 1 - clip_low (train mode)'),
  clip_high: z
    .number()
    .min(0)
    .max(10)
    .default(0.28)
    .describe('Importance ratio is clipped above 1 + clip_high (train mode)'),
  kl_coefficient: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe('Weight of the KL term against the base model (train mode)'),
  advantage: z
    .enum(['mean', 'leave-one-out', 'std', 'shuffled'])
    .default('mean')
    .describe(
      "How a group's rewards become advantages; shuffled among siblings they teach nothing: a control",
    ),
  max_staleness: z
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe(
      'Steps that may pass between the sampling of a rollout and its training: above 0, rollouts go on while a step is made (train mode)',
    ),
  staleness_bound: z
    .number()
    .min(1)
    .max(100)
    .nullable()
    .optional()
    .describe(
      'Bound of the weight of a token by how far the policy has come since it was sampled (default: 2 with max_staleness, else none) (train mode)',
    ),
  start_from: z
    .string()
    .regex(POLICY_VERSION)
    .nullable()
    .optional()
    .describe('Begin with the weights and the optimiser of an earlier run, as RUN@STEP (train mode)'),
  keep_newest: count()
    .nullable()
    .optional()
    .describe('Keep the newest N checkpoints, and what the next two name; all where absent (train mode)'),
  keep_every: count().nullable().optional().describe('Keep every Nth checkpoint too (train mode)'),
  keep_best: z
    .int()
    .min(0)
    .max(1000)
    .default(1)
    .describe('Keep the N checkpoints too whose rollouts earned most (train mode)'),
};

/** Fields that mean something in train mode only; the advantages of a group are shown without training, too. */
export const TRAIN_ONLY: readonly string[] = [
  'batch_size',
  ...Object.keys(trainingFields).filter((name) => name !== 'advantage'),
  'evaluation',
];
