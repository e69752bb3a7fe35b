import { type Estimate, estimateOf, passAllK, passAtK, type Tally } from '../domain/estimates.ts';
import type { Evaluation } from './evaluation.ts';
import { table } from './results-table.ts';

/** Prices in US dollars for a million tokens; null where they were not named. */
export interface Prices {
  readonly prompt: number | null;
  readonly completion: number | null;
}

/** The estimates of an evaluation, by the names that tables and records have for them. */
export function estimatesOf({ tallies, seed }: Evaluation): ReadonlyMap<string, Estimate> {
  const most = Math.max(0, ...tallies.map(({ rollouts }) => rollouts));
  const estimates = new Map<string, Estimate>();
  const add = (name: string, least: number, value: (tally: Tally) => number): void => {
    const counted = tallies.filter(({ rollouts }) => rollouts >= least);
    const estimate = estimateOf(counted.map(value), seed);
    if (estimate !== null) estimates.set(name, estimate);
  };
  const ks = shownUpTo(most);
  for (const k of ks) add(`pass@${k}`, k, ({ rollouts, resolved }) => passAtK(rollouts, resolved, k));
  for (const k of ks.slice(1))
    add(`pass^${k}`, k, ({ rollouts, resolved }) => passAllK(rollouts, resolved, k));
  add('reward', 1, ({ rollouts, rewardSum }) => rewardSum / rollouts);
  return estimates;
}

/** 1, 2, 4, … and the most itself. */
function shownUpTo(most: number): number[] {
  const ks: number[] = [];
  for (let k = 1; k < most; k *= 2) ks.push(k);
  return most === 0 ? [] : [...ks, most];
}

/** A row for each estimate, with its interval and the instances behind it. */
export function estimatesTable(estimates: ReadonlyMap<string, Estimate>): string {
  const rows = [...estimates].map(([name, { value, low, high, instances }]) => [
    name,
    value.toFixed(3),
    `${low.toFixed(3)} to ${high.toFixed(3)}`,
    String(instances),
  ]);
  return table([['', 'estimate', '95% interval', 'instances'], ...rows]);
}

/** What the scored rollouts cost in US dollars; null where a price, or the usage of a call, is not known. */
export function costOf(
  { usage, callsWithoutUsage }: Evaluation,
  { prompt, completion }: Prices,
): number | null {
  if (prompt === null || completion === null || callsWithoutUsage > 0) return null;
  return (usage.promptTokens * prompt + usage.completionTokens * completion) / 1e6;
}
