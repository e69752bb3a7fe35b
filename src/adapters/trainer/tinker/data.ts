import type { TrainingConfig } from '../../../domain/run-config.ts';
import type { Sample } from '../../../domain/training-data.ts';
import type { Datum } from './messages.ts';

/**
 * What a server makes of the losses of a batch's tokens: Tinker's own sums them, SkyRL's JAX backend takes the mean of
 * each sequence's positions and of all sequences.
 */
export type Reduction = 'sum' | 'mean';

/** A sample of the batch file. */
export type BatchSample = Pick<Sample, 'tokens' | 'mask' | 'logprobs' | 'advantage'>;

/**
 * The tokens that dr_grpo divides by. It is a constant like any other: AdamW's step is the same whatever it is, as long
 * as it is the same at every step.
 */
const DR_GRPO_TOKENS = 4096;

/** Samples as a server reads them, weighted so that what it makes of their losses is the average asked for. */
export function dataOf(
  samples: readonly BatchSample[],
  loss: TrainingConfig['loss'],
  reduction: Reduction,
): Datum[] {
  const weights = weightsOf(samples, loss);
  return samples.map((sample, i) => {
    const positions = sample.tokens.length - 1;
    // What a mean divides by is taken back.
    const factor = (weights[i] ?? 0) * (reduction === 'sum' ? 1 : positions * samples.length);
    return {
      tokens: sample.tokens.slice(0, -1),
      targets: sample.tokens.slice(1),
      logprobs: sample.logprobs.slice(1),
      // 0 where the token is not the policy's own: its loss is 0, and so is its gradient.
      advantages: sample.mask.slice(1).map((isOwn) => (isOwn === 1 ? sample.advantage * factor : 0)),
    };
  });
}

/** What a token's loss counts for in each sample, so that the sum over all is the average asked for. */
export function weightsOf(samples: readonly Pick<Sample, 'mask'>[], loss: TrainingConfig['loss']): number[] {
  const lengths = samples.map(({ mask }) => ownTokens(mask));
  const all = lengths.reduce((sum, length) => sum + length, 0);
  const weights: Record<TrainingConfig['loss'], (length: number) => number> = {
    grpo: (length) => 1 / (length * samples.length),
    dapo: () => 1 / all,
    dr_grpo: () => 1 / (samples.length * DR_GRPO_TOKENS),
  };
  return lengths.map(weights[loss]);
}

/** How many of a sample's tokens are the policy's own. */
export function ownTokens(mask: readonly number[]): number {
  return mask.reduce((sum, isOwn) => sum + isOwn, 0);
}
