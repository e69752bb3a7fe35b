import type { TrainerChoice, TrainingConfig } from './run-config.ts';

/** What a trainer honours of a run's options. A config that asks for more is refused, never trained on in part. */
export interface TrainerCapabilities {
  readonly losses: readonly TrainingConfig['loss'][];
  readonly importance: readonly TrainingConfig['importance'][];
  /** Whether it can hold the policy near the base model. */
  readonly kl: boolean;
  /** Whether it can bound the weight of a token by how far the policy has come since it was sampled. */
  readonly stalenessBound: boolean;
  /** Whether its logprobs are of any temperature, or of 1 alone. */
  readonly temperature: 'any' | 1;
  /** Whether a run may begin at another run's checkpoint. */
  readonly startFrom: boolean;
  readonly advantages: readonly TrainingConfig['advantage'][];
  /** Whether older policy versions than the newest can still be sampled. */
  readonly staleness: boolean;
  /** Whether a run chooses the rank of its adapter. */
  readonly loraRank: boolean;
  /** Whether single checkpoints can be deleted. */
  readonly retention: boolean;
  /** Whether it takes rollouts whose earlier observations were left out of later prompts. */
  readonly contextLimit: boolean;
  /** What its batch file holds: samples of tokens with advantages, or conversations with rewards. */
  readonly batches: 'samples' | 'conversations';
}

/** The options that capabilities speak of; what is absent is not looked at. */
export interface AskedOfTrainer {
  readonly loss?: TrainingConfig['loss'] | undefined;
  readonly importance?: TrainingConfig['importance'] | undefined;
  readonly klCoefficient?: number | undefined;
  readonly stalenessBound?: number | null | undefined;
  readonly temperature?: number | undefined;
  readonly startFrom?: string | null | undefined;
  readonly advantage?: TrainingConfig['advantage'] | undefined;
  readonly maxStaleness?: number | undefined;
  /** Only where it was asked for: a config has a rank in any case. */
  readonly loraRank?: number | undefined;
  readonly keepNewest?: number | null | undefined;
  readonly contextTokens?: number | null | undefined;
}

/** What is true of every trainer that is given samples and leaves an adapter with each step. */
const OF_SAMPLES = {
  advantages: ['mean', 'leave-one-out', 'std', 'shuffled'],
  staleness: true,
  loraRank: true,
  retention: true,
  contextLimit: true,
  batches: 'samples',
} as const;

const ART = {
  // Its weights give each trajectory of a pass the same part, however long it is.
  losses: ['grpo'],
  importance: ['token', 'sequence'],
  // The serverless API has no field for it; the local server has, and its own weights in it.
  kl: false,
  stalenessBound: false,
  temperature: 1,
  // A checkpoint stays with ART, under the name of the run that made it.
  startFrom: false,
  // It has rewards of us and no advantages.
  advantages: ['mean', 'std'],
  loraRank: false,
  batches: 'conversations',
} as const;

/** Known before a run starts; what only a server can say (its base models, its largest rank) is asked as the run opens. */
export const TRAINER_CAPABILITIES: Readonly<Record<TrainerChoice, TrainerCapabilities>> = {
  embedded: {
    losses: ['dapo', 'grpo', 'dr_grpo'],
    importance: ['token', 'sequence'],
    kl: true,
    stalenessBound: true,
    temperature: 'any',
    startFrom: true,
    ...OF_SAMPLES,
  },
  tinker: {
    // Averages of token losses, which Tinker's servers take as weights of the advantages.
    losses: ['dapo', 'grpo', 'dr_grpo'],
    // Tinker has no loss with a ratio a sequence; what some servers add to its losses, none of them announces.
    importance: ['token'],
    kl: false,
    stalenessBound: false,
    temperature: 1,
    // The optimiser's state is the server's, under the name of the run that made it.
    startFrom: false,
    ...OF_SAMPLES,
  },
  art: { ...ART, staleness: true, retention: true, contextLimit: true },
  'art-local': {
    ...ART,
    // It serves one version, the newest, and deletes by a rule of its own.
    staleness: false,
    retention: false,
    // It trains on every reply of a conversation, and so once more on those that a later prompt repeats.
    contextLimit: false,
  },
};

/** What of the options a trainer cannot honour, a line each with field, value and what is expected. */
export function unsupportedOptions(
  trainer: TrainerChoice,
  asked: AskedOfTrainer,
  capabilities: TrainerCapabilities = TRAINER_CAPABILITIES[trainer],
): string[] {
  const { losses, importance, kl, stalenessBound, temperature, startFrom } = capabilities;
  const { advantages, staleness, loraRank, retention, contextLimit } = capabilities;
  const refusals: [field: string, value: unknown, isRefused: boolean, expected: string][] = [
    ['loss', asked.loss, isNoneOf(losses, asked.loss), oneOf(losses)],
    ['importance', asked.importance, isNoneOf(importance, asked.importance), oneOf(importance)],
    ['advantage', asked.advantage, isNoneOf(advantages, asked.advantage), oneOf(advantages)],
    ['kl_coefficient', asked.klCoefficient, !kl && (asked.klCoefficient ?? 0) > 0, '0'],
    ['max_staleness', asked.maxStaleness, !staleness && (asked.maxStaleness ?? 0) > 0, '0'],
    [
      'staleness_bound',
      asked.stalenessBound,
      !stalenessBound && (asked.stalenessBound ?? null) !== null,
      'null (with max_staleness the clipped ratio alone corrects)',
    ],
    [
      'temperature',
      asked.temperature,
      temperature !== 'any' && asked.temperature !== undefined && asked.temperature !== temperature,
      String(temperature),
    ],
    ['lora_rank', asked.loraRank, !loraRank && asked.loraRank !== undefined, 'none (the rank is its own)'],
    ['start_from', asked.startFrom, !startFrom && (asked.startFrom ?? null) !== null, 'none'],
    ['keep_newest', asked.keepNewest, !retention && (asked.keepNewest ?? null) !== null, 'none'],
    ['context_tokens', asked.contextTokens, !contextLimit && (asked.contextTokens ?? null) !== null, 'null'],
  ];
  return refusals
    .filter(([, , isRefused]) => isRefused)
    .map(([field, value, , expected]) => {
      return `${field} is ${JSON.stringify(value)} with trainer ${trainer}; expected ${expected}: it can do no other`;
    });
}

function isNoneOf<T>(values: readonly T[], asked: T | undefined): boolean {
  return asked !== undefined && !values.includes(asked);
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;
}
