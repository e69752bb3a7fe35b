import type { Arm } from './arms.ts';
import type { Learned } from './ledger.ts';

/** Mean and sample deviation of some numbers, and the ends of their range; one number alone has no deviation. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number | null;
  readonly least: number;
  readonly most: number;
}

/** Before and after of one set, over the seeds of an arm; `change` is of each seed's own difference. */
export interface SetChange {
  readonly set: string;
  readonly instances: number;
  /** Scored rollouts of one evaluation of one seed. */
  readonly rollouts: number;
  readonly before: Spread;
  readonly after: Spread;
  readonly change: Spread;
  readonly resolvedBefore: number;
  readonly resolvedAfter: number;
}

/** The spread of numbers of which there is one at least. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    deviation: values.length === 1 ? null : Math.sqrt(squares / (values.length - 1)),
    least: Math.min(...values),
    most: Math.max(...values),
  };
}

/** The runs of an arm, by seed. */
export function runsOf(arm: Arm, ledger: readonly Learned[]): readonly Learned[] {
  return ledger.filter((one) => one.arm === arm.name).toSorted((a, b) => a.seed - b.seed);
}

/** What became of each set over the runs of an arm, in the order of the first. */
export function changesOf(runs: readonly Learned[]): readonly SetChange[] {
  const names = [...new Set(runs.flatMap(({ evaluations }) => evaluations.map(({ set }) => set)))];
  return names.map((set) => {
    const pairs = runs.flatMap(({ evaluations }) => {
      const [before, after] = (['before', 'after'] as const).map((when) =>
        evaluations.find((one) => one.set === set && one.when === when),
      );
      return before === undefined || after === undefined ? [] : [{ before, after }];
    });
    return {
      set,
      instances: pairs[0]?.before.instances ?? 0,
      rollouts: pairs[0]?.before.rollouts ?? 0,
      before: spreadOf(pairs.map(({ before }) => before.reward)),
      after: spreadOf(pairs.map(({ after }) => after.reward)),
      change: spreadOf(pairs.map(({ before, after }) => after.reward - before.reward)),
      resolvedBefore: meanOf(pairs.map(({ before }) => before.resolved)),
      resolvedAfter: meanOf(pairs.map(({ after }) => after.resolved)),
    };
  });
}

/** Mean reward of each step over those runs that made it. */
export function curveOf(runs: readonly Learned[]): readonly (Spread & { readonly step: number })[] {
  const steps = Math.max(0, ...runs.map(({ rewardByStep }) => rewardByStep.length));
  return Array.from({ length: steps }, (_, i) => ({
    step: i + 1,
    ...spreadOf(runs.flatMap(({ rewardByStep }) => rewardByStep[i] ?? [])),
  }));
}

/** The mean of numbers of which there is one at least. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
