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
}

/** The options that capabilities speak of; what is absent is not looked at. */
export interface AskedOfTrainer {
  readonly loss?: TrainingConfig['loss'] | undefined;
  readonly importance?: TrainingConfig['importance'] | undefined;
  readonly klCoefficient?: number | undefined;
  readonly stalenessBound?: number | null | undefined;
  readonly temperature?: number | undefined;
  readonly startFrom?: string | null | undefined;
}

/** Known before a run starts; what only a server can say (its base models, its largest rank) is asked as the run opens. */
export const TRAINER_CAPABILITIES: Readonly<Record<TrainerChoice, TrainerCapabilities>> = {
  embedded: {
    losses: ['dapo', 'grpo', 'dr_grpo'],
    importance: ['token', 'sequence'],
    kl: true,
    stalenessBound: true,
    temperature: 'any',
    startFrom: true,
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
  },
};

/** What of the options a trainer cannot honour, a line each with field, value and what is expected. */
export function unsupportedOptions(
  trainer: TrainerChoice,
  asked: AskedOfTrainer,
  capabilities: TrainerCapabilities = TRAINER_CAPABILITIES[trainer],
): string[] {
  const { losses, importance, kl, stalenessBound, temperature, startFrom } = capabilities;
  const refusals: [field: string, value: unknown, isRefused: boolean, expected: string][] = [
    ['loss', asked.loss, asked.loss !== undefined && !losses.includes(asked.loss), oneOf(losses)],
    [
      'importance',
      asked.importance,
      asked.importance !== undefined && !importance.includes(asked.importance),
      oneOf(importance),
    ],
    ['kl_coefficient', asked.klCoefficient, !kl && (asked.klCoefficient ?? 0) > 0, '0'],
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
    ['start_from', asked.startFrom, !startFrom && (asked.startFrom ?? null) !== null, 'none'],
  ];
  return refusals
    .filter(([, , isRefused]) => isRefused)
    .map(([field, value, , expected]) => {
      return `${field} is ${JSON.stringify(value)} with trainer ${trainer}; expected ${expected}: it can do no other`;
    });
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;
}
