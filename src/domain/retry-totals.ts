import type { RetryTotals, RolloutTotals } from './run-summary.ts';
import type { RolloutResult } from './trajectory.ts';

export const NO_RETRIES: RetryTotals = {
  attempts: 0,
  failedAttempts: 0,
  retried: 0,
  retriedRewardSum: 0,
  groupsGivenUp: 0,
};

/** A member's last attempt: from 1, and what became of it. */
export interface LastAttempt {
  readonly attempt: number;
  readonly result: RolloutResult;
}

/** What a group's retries came to; every attempt before a member's last one has failed. */
export function retriesOf(members: readonly LastAttempt[], givenUp: boolean): RetryTotals {
  const attempts = members.reduce((sum, { attempt }) => sum + attempt, 0);
  const ended = members.filter(({ result }) => result.status !== 'failed').length;
  const retried = members.filter(({ attempt, result }) => attempt > 1 && result.status === 'scored');
  return {
    attempts,
    failedAttempts: attempts - ended,
    retried: retried.length,
    retriedRewardSum: round(retried.reduce((sum, { result }) => sum + (result.reward ?? 0), 0)),
    groupsGivenUp: givenUp ? 1 : 0,
  };
}

export function addRetries(a: RetryTotals, b: RetryTotals): RetryTotals {
  return {
    attempts: a.attempts + b.attempts,
    failedAttempts: a.failedAttempts + b.failedAttempts,
    retried: a.retried + b.retried,
    retriedRewardSum: round(a.retriedRewardSum + b.retriedRewardSum),
    groupsGivenUp: a.groupsGivenUp + b.groupsGivenUp,
  };
}

/**
 * The metrics of a batch's retries. `retry/bias`, the mean reward of retried members less that of the others, is left
 * out where either kind is missing.
 */
export function retryMetrics(totals: RolloutTotals, retries: RetryTotals): Record<string, number> {
  const firstTry = totals.rollouts - totals.failed - retries.retried;
  const metrics = {
    'rollouts/attempts': retries.attempts,
    'rollouts/failed_attempts': retries.failedAttempts,
    'rollouts/drop_rate': retries.failedAttempts / Math.max(1, retries.attempts),
    'groups/given_up': retries.groupsGivenUp,
  };
  if (retries.retried === 0 || firstTry <= 0) return metrics;
  const first = (totals.rewardSum - retries.retriedRewardSum) / firstTry;
  return { ...metrics, 'retry/bias': round(retries.retriedRewardSum / retries.retried - first) };
}

/** Sums of floats end in ...0001: histories and summaries hold six decimals. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
