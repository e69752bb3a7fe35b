import type { TrainingConfig } from '../../../domain/run-config.ts';
import { type BatchSample, ownTokens, weightsOf } from './data.ts';

/**
 * What a step says of itself, by the names that the embedded trainer has for it; entropies are the server's secret.
 * `logprobs` are the policy's own of all tokens but the first, a list a sample.
 */
export function metricsOf(
  samples: readonly BatchSample[],
  logprobs: readonly (readonly number[])[],
  { loss, clipLow, clipHigh }: Pick<TrainingConfig, 'loss' | 'clipLow' | 'clipHigh'>,
): Record<string, number> {
  const weights = weightsOf(samples, loss);
  const sums = { loss: 0, kl: 0, ratio_mean: 0, clip_fraction: 0, logprob_difference: 0 };
  for (const [i, { mask, logprobs: sampled, advantage }] of samples.entries()) {
    for (let position = 1; position < mask.length; position++) {
      if (mask[position] !== 1) continue;
      const difference = (logprobs[i]?.[position - 1] ?? 0) - (sampled[position] ?? 0);
      const ratio = Math.exp(difference);
      const clipped = Math.min(Math.max(ratio, 1 - clipLow), 1 + clipHigh);
      const isClipped = (ratio > 1 + clipHigh && advantage > 0) || (ratio < 1 - clipLow && advantage < 0);
      sums.loss -= (weights[i] ?? 0) * Math.min(ratio * advantage, clipped * advantage);
      sums.kl += ratio - difference - 1;
      sums.ratio_mean += ratio;
      sums.clip_fraction += isClipped ? 1 : 0;
      sums.logprob_difference += Math.abs(difference);
    }
  }
  const { loss: whole, ...ofTokens } = sums;
  const tokens = samples.reduce((sum, { mask }) => sum + ownTokens(mask), 0);
  const means = Object.entries(ofTokens).map(([name, sum]) => [name, sum / tokens] as const);
  return { loss: whole, ...Object.fromEntries(means), samples: samples.length, tokens };
}
