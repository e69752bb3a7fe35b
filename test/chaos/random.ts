import { randomOf } from '../../src/domain/seeds.ts';

/** Draws of one try: the same seed draws the same. */
export interface Draws {
  /** In [0, 1). */
  next(): number;
  /** In [from, to). */
  between(from: number, to: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
}

/** Draws by mulberry32. */
export function drawsOf(seed: number): Draws {
  const next = randomOf(Math.imul(seed + 1, 0x9e3779b1));
  return {
    next,
    between: (from, to) => from + next() * (to - from),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  };
}
