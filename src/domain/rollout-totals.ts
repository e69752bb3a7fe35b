import type { Counts, RolloutTotals } from './run-summary.ts';
import type { RolloutResult } from './trajectory.ts';

export const NO_ROLLOUTS: RolloutTotals = { rollouts: 0, failed: 0, rewardSum: 0, resolved: 0 };

/** Sums over results; a cancelled rollout counts as failed, since it has no reward. */
export function totalsOf(results: readonly RolloutResult[]): RolloutTotals {
  const scored = results.filter((result) => result.status === 'scored');
  const masked = scored.filter(({ mask }) => (mask ?? null) !== null);
  const baselines = scored.flatMap(({ baselineReward }) => baselineReward ?? []);
  return {
    rollouts: results.length,
    failed: results.length - scored.length,
    rewardSum: rewardSum(scored),
    resolved: scored.filter((result) => result.resolved).length,
    baselineSum: round(sum(baselines)),
    baselines: baselines.length,
    masked: countsOf(masked.flatMap(({ mask }) => mask ?? [])),
    maskedRewardSum: rewardSum(masked),
    findings: countsOf(scored.flatMap(({ findings = [] }) => findings)),
    verified: scored.filter(({ verified }) => verified === true).length,
    untrainable: scored.filter(({ trainable }) => trainable === false).length,
  };
}

export function addTotals(a: RolloutTotals, b: RolloutTotals): RolloutTotals {
  return {
    rollouts: a.rollouts + b.rollouts,
    failed: a.failed + b.failed,
    rewardSum: round(a.rewardSum + b.rewardSum),
    resolved: a.resolved + b.resolved,
    baselineSum: round((a.baselineSum ?? 0) + (b.baselineSum ?? 0)),
    baselines: (a.baselines ?? 0) + (b.baselines ?? 0),
    masked: addCounts(a.masked, b.masked),
    maskedRewardSum: round((a.maskedRewardSum ?? 0) + (b.maskedRewardSum ?? 0)),
    findings: addCounts(a.findings, b.findings),
    verified: (a.verified ?? 0) + (b.verified ?? 0),
    untrainable: (a.untrainable ?? 0) + (b.untrainable ?? 0),
  };
}

/** The mean reward of the scored rollouts; null when there is none. */
export function meanReward(totals: RolloutTotals): number | null {
  return mean(totals.rewardSum, scoredOf(totals));
}

/** The mean reward of the scored rollouts that are not kept out of the loss; null when there is none. */
export function meanUnmaskedReward(totals: RolloutTotals): number | null {
  const { rewardSum: all, maskedRewardSum = 0 } = totals;
  return mean(round(all - maskedRewardSum), scoredOf(totals) - maskedOf(totals));
}

/** What doing nothing earns, over the scored rollouts of which that is known; null when it is of none. */
export function meanBaseline({ baselineSum = 0, baselines = 0 }: RolloutTotals): number | null {
  return mean(baselineSum, baselines);
}

/** The share of scored rollouts that resolved their instance; null when there is none. */
export function meanResolved(totals: RolloutTotals): number | null {
  return mean(totals.resolved, scoredOf(totals));
}

/** Rollouts with a reward. */
export function scoredOf(totals: RolloutTotals): number {
  return totals.rollouts - totals.failed;
}

/** Scored rollouts that are kept out of the loss, whatever the reason. */
export function maskedOf({ masked = {} }: RolloutTotals): number {
  return sum(Object.values(masked));
}

/** How often each name occurs. */
export function countsOf(names: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Counts of two sets together. */
export function addCounts(a: Counts = {}, b: Counts = {}): Counts {
  const counts: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) counts[name] = (counts[name] ?? 0) + count;
  return counts;
}

function rewardSum(results: readonly RolloutResult[]): number {
  return round(sum(results.map(({ reward }) => reward ?? 0)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(total: number, count: number): number | null {
  return count > 0 ? total / count : null;
}

/** Sums of floats end in ...0001: histories and summaries hold six decimals. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
