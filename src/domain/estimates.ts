import { randomOf } from './seeds.ts';

/** What was seen of one instance: its scored rollouts, those of them that resolved it, and the sum of their rewards. */
export interface Tally {
  readonly instanceId: string;
  readonly rollouts: number;
  readonly resolved: number;
  readonly rewardSum: number;
}

/** A mean over instances, with the ends of its 95% confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly instances: number;
}

/** Resamples of a bootstrap: the ends of an interval then move by less than a fiftieth of its width from seed to seed. */
const RESAMPLES = 10_000;
const OUTSIDE = 0.05;

/**
 * The chance that one of k rollouts or more resolves an instance, by c of n that did: 1 - C(n-c, k) / C(n, k), which is
 * unbiased (Chen et al. 2021, "Evaluating Large Language Models Trained on Code"). Expects k <= n.
 */
export function passAtK(n: number, c: number, k: number): number {
  return 1 - passAllK(n, n - c, k);
}

/** The chance that all of k rollouts resolve it: C(c, k) / C(n, k) (Yao et al. 2024, "tau-bench"). Expects k <= n. */
export function passAllK(n: number, c: number, k: number): number {
  let all = 1;
  for (let i = 0; i < k; i++) all *= Math.max(0, c - i) / (n - i);
  return all;
}

/**
 * The mean of a value between 0 and 1 over instances (shape I), with the percentile bootstrap over them: rollouts of one
 * instance are not independent, instances are. Where all are 0, or all 1, no resample differs: the open end is then the
 * exact one of a binomial (Clopper and Pearson 1934). Null for no instance.
 */
export function estimateOf(values: readonly number[], seed: number): Estimate | null {
  const instances = values.length;
  if (instances === 0) return null;
  const value = meanOf(values);
  const bound = (OUTSIDE / 2) ** (1 / instances);
  if (values.every((one) => one === 0)) return { value, low: 0, high: 1 - bound, instances };
  if (values.every((one) => one === 1)) return { value, low: bound, high: 1, instances };
  const [low, high] = bootstrap(values, seed);
  return { value, low, high, instances };
}

/** Two policies on the instances that both were tried on. */
export interface Comparison {
  /** Resolved share of the second less that of the first. */
  readonly difference: Estimate;
  /** Two-sided, of the sign-flip test; 1 where no instance differs. */
  readonly pValue: number;
  /** Instances on which the second does better, and on which it does worse. */
  readonly better: number;
  readonly worse: number;
}

/** Compares two policies instance by instance; null where no instance was scored for both. */
export function compare(a: readonly Tally[], b: readonly Tally[], seed: number): Comparison | null {
  const shares = new Map(a.map((tally) => [tally.instanceId, shareOf(tally)]));
  const differences = b.flatMap((tally) => {
    const before = shares.get(tally.instanceId) ?? null;
    const after = shareOf(tally);
    return before === null || after === null ? [] : [after - before];
  });
  if (differences.length === 0) return null;
  const [low, high] = bootstrap(differences, seed);
  return {
    difference: { value: meanOf(differences), low, high, instances: differences.length },
    pValue: signFlip(differences, seed),
    better: differences.filter((one) => one > 0).length,
    worse: differences.filter((one) => one < 0).length,
  };
}

/** Up to so many instances that differ, every way to flip their signs is counted. */
const COUNTED = 16;
const FLIPS = 100_000;

/**
 * The two-sided p-value of paired differences (shape I) whose sum is as likely to be of either sign: the share of ways to
 * flip their signs that make a sum as large. Exact for few differences; else by random flips, the one at hand among them
 * (Phipson and Smyth 2010).
 */
function signFlip(differences: readonly number[], seed: number): number {
  const sizes = differences.map(Math.abs).filter((size) => size > 0);
  const seen = Math.abs(sum(differences)) - 1e-9;
  const flipped = (isNegative: (i: number) => boolean): boolean =>
    Math.abs(sizes.reduce((total, size, i) => total + (isNegative(i) ? -size : size), 0)) >= seen;
  if (sizes.length <= COUNTED) {
    const ways = 2 ** sizes.length;
    let extreme = 0;
    for (let way = 0; way < ways; way++) if (flipped((i) => ((way >> i) & 1) === 1)) extreme++;
    return extreme / ways;
  }
  const next = randomOf(seed);
  let extreme = 1;
  for (let i = 0; i < FLIPS; i++) if (flipped(() => next() < 0.5)) extreme++;
  return extreme / (FLIPS + 1);
}

/** The ends of the 95% interval of a mean, by resamples of the same size. */
function bootstrap(values: readonly number[], seed: number): [low: number, high: number] {
  const next = randomOf(seed);
  const means = Array.from({ length: RESAMPLES }, () => {
    let total = 0;
    for (let i = 0; i < values.length; i++) total += values[Math.floor(next() * values.length)] ?? 0;
    return total / values.length;
  }).toSorted((x, y) => x - y);
  return [quantile(means, OUTSIDE / 2), quantile(means, 1 - OUTSIDE / 2)];
}

/** By linear interpolation, as NumPy has it. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  return below + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? below) - below);
}

function shareOf({ rollouts, resolved }: Tally): number | null {
  return rollouts === 0 ? null : resolved / rollouts;
}

function meanOf(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
