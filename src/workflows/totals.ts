import type { RolloutTotals } from '../domain/run-summary.ts';
import type { RolloutResult } from '../domain/trajectory.ts';

export const NO_ROLLOUTS: RolloutTotals = { rollouts: 0, failed: 0, rewardSum: 0, resolved: 0 };

/** Sums over results; a cancelled rollout counts as failed, since it has no reward. */
export function totalsOf(results: readonly RolloutResult[]): RolloutTotals {
  const scored = results.filter((result) => result.status === 'scored');
  return {
    rollouts: results.length,
    failed: results.length - scored.length,
    rewardSum: round(scored.reduce((sum, result) => sum + (result.reward ?? 0), 0)),
    resolved: scored.filter((result) => result.resolved).length,
  };
}

export function addTotals(a: RolloutTotals, b: RolloutTotals): RolloutTotals {
  return {
    rollouts: a.rollouts + b.rollouts,
    failed: a.failed + b.failed,
    rewardSum: round(a.rewardSum + b.rewardSum),
    resolved: a.resolved + b.resolved,
  };
}

/** The mean reward of the scored rollouts; 0 when there is none. */
export function meanReward(totals: RolloutTotals): number {
  const scored = totals.rollouts - totals.failed;
  return scored === 0 ? 0 : totals.rewardSum / scored;
}

/** Sums of floats end in ...0001: histories and summaries hold six decimals. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
