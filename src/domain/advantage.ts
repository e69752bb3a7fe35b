import { deriveSeed, shuffled } from './seeds.ts';

/** How a group's rewards become advantages. */
export type AdvantageKind = 'mean' | 'leave-one-out' | 'std' | 'shuffled';

/** The seed by which a group's advantages are dealt out where they are `shuffled`. */
export function advantageSeed(runSeed: number, group: number): number {
  return deriveSeed(runSeed, 'advantages', group);
}

/**
 * The advantages of a group's rewards (shape G -> G).
 *
 * - `mean`: r - mean(r) (the default: dividing by a tiny deviation makes a gradient out of noise)
 * - `leave-one-out`: r - mean of the others, which is G/(G-1) times the former (RLOO)
 * - `std`: (r - mean(r)) / (std(r) + 1e-6) with the sample deviation, as GRPO has it (ART's is the population's)
 * - `shuffled`: those of `mean`, dealt out among the siblings by `seed`: a control, from which nothing can be learned
 */
export function advantagesOf(rewards: readonly number[], kind: AdvantageKind, seed = 0): number[] {
  const n = rewards.length;
  if (n < 2) return rewards.map(() => 0);
  const mean = rewards.reduce((sum, r) => sum + r, 0) / n;
  const centred = rewards.map((r) => r - mean);
  if (kind === 'mean') return centred;
  if (kind === 'shuffled') return shuffled(centred, seed);
  if (kind === 'leave-one-out') return centred.map((c) => (c * n) / (n - 1));
  const std = Math.sqrt(centred.reduce((sum, c) => sum + c * c, 0) / (n - 1));
  return centred.map((c) => c / (std + 1e-6));
}

/** Whether a group teaches anything: equal rewards have no gradient. */
export function hasVariance(rewards: readonly number[]): boolean {
  return rewards.some((r) => Math.abs(r - (rewards[0] ?? 0)) > 1e-9);
}
