import { z } from 'zod';

/** Defaults that depend on the mode; every other default stands at its field. */
export const MODE_DEFAULTS = {
  temperature: { inference: 0, train: 1 },
  reward_power: { inference: 1, train: 1.33 },
} as const;

/** A whole number from 1. */
export const count = () => z.int().min(1);

/** The default of such a field, in words. */
export function byMode(field: keyof typeof MODE_DEFAULTS): string {
  const { inference, train } = MODE_DEFAULTS[field];
  return `default: ${inference} in inference mode, ${train} in train mode`;
}

/** The bound of staleness where none is given; of common use for samples that are a few steps old (SkyRL, agent-lightning, prime-rl: 2). */
export function defaultStalenessBound(maxStaleness: number): number | null {
  return maxStaleness > 0 ? 2 : null;
}
