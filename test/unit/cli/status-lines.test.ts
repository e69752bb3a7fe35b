import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holdLines, retryLine } from '../../../src/cli/status-lines.ts';
import { NO_RETRIES } from '../../../src/domain/retry-totals.ts';

describe('holdLines', () => {
  it('says why a run stands still, since when and how it goes on', () => {
    const held = {
      by: 'failures',
      reason: '7 of the last 100 failed',
      since: '2026-01-02T03:04:05.678Z',
    } as const;
    assert.deepEqual(holdLines({ run: 'r', held, draining: false }), [
      'held itself since 2026-01-02 03:04:05 UTC: 7 of the last 100 failed',
      'go on with: steadfast resume r  or end it with: steadfast cancel r',
    ]);
  });

  it('says that a run is draining, and nothing of one that runs', () => {
    assert.equal(holdLines({ run: 'r', held: null, draining: true }).length, 1);
    assert.deepEqual(holdLines({ run: 'r', held: null, draining: false }), []);
  });
});

describe('retryLine', () => {
  const totals = { rollouts: 6, failed: 1, rewardSum: 2, resolved: 1 };

  it('sets the reward of retried members against the others', () => {
    const retries = { attempts: 10, failedAttempts: 5, retried: 2, retriedRewardSum: 0.5, groupsGivenUp: 1 };
    assert.equal(
      retryLine(totals, retries),
      'failed attempts 5 of 10 (50%), 2 members retried, reward 0.250 against 0.500 at the first try, 1 group given up',
    );
  });

  it('is silent where nothing failed, and where a run is older than the counts', () => {
    assert.equal(retryLine(totals, { ...NO_RETRIES, attempts: 6 }), null);
    assert.equal(retryLine(totals, undefined), null);
  });
});
