import { drawsOf } from '../random.ts';

/** A batch as `buildBatch` stores it, of random tokens: too long in all for one micro-batch of 4,096 tokens. */
export function randomBatch(seed: number): { readonly samples: readonly object[] } {
  const draws = drawsOf(seed);
  const whole = (from: number, to: number): number => Math.floor(draws.between(from, to));
  const samples = Array.from({ length: 12 }, (_, index) => {
    const size = whole(380, 440);
    const prompt = whole(300, 360);
    const mask = Array.from({ length: size }, (_token, at) => (at >= prompt ? 1 : 0));
    return {
      tokens: mask.map(() => whole(0, 256)),
      mask,
      logprobs: mask.map((bit) => (bit === 0 ? 0 : draws.between(-6.5, -5))),
      advantage: index % 2 === 0 ? 0.5 : -0.5,
      rollout: `r${index}`,
      group: index >> 2,
    };
  });
  return { samples };
}
