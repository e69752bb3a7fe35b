import { SteadfastError } from '../domain/failures.ts';
import type { RunConfig } from '../domain/run-config.ts';
import { unsupportedOptions } from '../domain/trainer-capabilities.ts';
import type { Trainer, Trainers } from '../ports/trainer.ts';

/** The trainer of a run; throws `Config.Invalid` that names what the run asks of it and it cannot do. */
export function trainerOf(config: RunConfig, trainers: Trainers): Trainer {
  const { trainer: choice = 'embedded', agent, startFrom, keep } = config;
  // The rank stands in every config; that it was asked for is known only to whoever read the input.
  const { loraRank: _rank, ...training } = config.training;
  const trainer = trainers[choice];
  const { temperature, contextTokens } = agent;
  const asked = {
    ...training,
    temperature,
    startFrom,
    keepNewest: keep?.newest,
    contextTokens,
  };
  const problems = unsupportedOptions(choice, asked, trainer.capabilities);
  if (problems.length === 0) return trainer;
  throw new SteadfastError('Config.Invalid', `The run's config: ${problems.join('; ')}`);
}
