import { TRAIN_ONLY } from '../schemas/run-config-training.ts';

/** A config, maybe of training, as one of inference; the name in it is of the run that it was made for. */
export function asInference(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const left = Object.entries(input).filter(([name]) => name !== 'run' && !TRAIN_ONLY.includes(name));
  return { ...Object.fromEntries(left), mode: 'inference' };
}
