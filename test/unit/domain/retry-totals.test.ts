import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addRetries, NO_RETRIES, retriesOf, retryMetrics } from '../../../src/domain/retry-totals.ts';
import type { RolloutResult } from '../../../src/domain/trajectory.ts';
import { requireUnique } from '../../../src/domain/unique.ts';

const member = (attempt: number, status: RolloutResult['status'], reward: number | null) => ({
  attempt,
  result: {
    rollout: `r/g-000001/i/1.${attempt}`,
    instanceId: 'i',
    status,
    stopReason: status === 'scored' ? ('done' as const) : status,
    failureType: status === 'failed' ? 'Grade.Failed' : null,
    reward,
    resolved: false,
    policyVersion: 0,
    turns: 1,
    trajectory: null,
  },
});

describe('retriesOf', () => {
  it('counts attempts, failed ones, and the rewards of members that were replaced', () => {
    const members = [
      member(1, 'scored', 0.4),
      member(3, 'scored', 0.9),
      member(3, 'failed', null),
      member(2, 'cancelled', null),
    ];
    assert.deepEqual(retriesOf(members, true), {
      attempts: 9,
      failedAttempts: 6,
      retried: 1,
      retriedRewardSum: 0.9,
      groupsGivenUp: 1,
    });
  });
});

describe('retryMetrics', () => {
  const retries = { ...NO_RETRIES, attempts: 5, failedAttempts: 1, retried: 1, retriedRewardSum: 0.9 };

  it('tells the drop rate, and how rewards of replacements differ', () => {
    const totals = { rollouts: 4, failed: 1, rewardSum: 1.9, resolved: 0 };
    assert.deepEqual(retryMetrics(totals, retries), {
      'rollouts/attempts': 5,
      'rollouts/failed_attempts': 1,
      'rollouts/drop_rate': 0.2,
      'groups/given_up': 0,
      'retry/bias': 0.4,
    });
  });

  it('knows no bias where there is nothing to compare', () => {
    const alone = { rollouts: 1, failed: 0, rewardSum: 0.9, resolved: 0 };
    assert.equal('retry/bias' in retryMetrics(alone, retries), false);
    const none = { rollouts: 0, failed: 0, rewardSum: 0, resolved: 0 };
    assert.equal(retryMetrics(none, NO_RETRIES)['rollouts/drop_rate'], 0);
  });
});

describe('addRetries', () => {
  it('adds what each set counts', () => {
    const once = { attempts: 5, failedAttempts: 2, retried: 1, retriedRewardSum: 0.9, groupsGivenUp: 1 };
    const twice = { attempts: 10, failedAttempts: 4, retried: 2, retriedRewardSum: 1.8, groupsGivenUp: 2 };
    assert.deepEqual(addRetries(once, once), twice);
  });

  it('adds without tails of digits', () => {
    const once = { ...NO_RETRIES, retriedRewardSum: 0.1 };
    assert.equal(addRetries(addRetries(once, once), once).retriedRewardSum, 0.3);
  });
});

describe('requireUnique', () => {
  it('refuses what stands twice', () => {
    requireUnique('group', [1, 2, 3]);
    assert.throws(() => requireUnique('group', [1, 2, 1]), /group 1 stands twice/);
  });
});
