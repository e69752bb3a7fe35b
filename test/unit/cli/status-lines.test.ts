import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { curriculumLine, holdLines, retryLine, trustLines } from '../../../src/cli/status-lines.ts';
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

describe('curriculumLine', () => {
  it('says what an epoch takes and what rests, and nothing without a curriculum', () => {
    const curriculum = { epoch: 3, chosen: 12, restingSolved: 3, restingUnsolved: 5, solveRate: 0.42 };
    assert.equal(
      curriculumLine(curriculum),
      'epoch 3 takes 12 instances, solve rate 0.420; 3 rest as always solved, 5 as never solved',
    );
    assert.match(
      curriculumLine({ ...curriculum, solveRate: null }) ?? '',
      /^epoch 3 takes 12 instances; 3 rest/,
    );
    assert.equal(curriculumLine(undefined), null);
  });
});

describe('trustLines', () => {
  const totals = { rollouts: 21, failed: 1, rewardSum: 2, resolved: 1 };

  it('counts what is kept out of the loss and what was found, the most first', () => {
    const masked = { 'finding:host_probed': 1, grading_timeout: 2 };
    const findings = { host_probed: 1, history_access: 3 };
    assert.deepEqual(trustLines({ ...totals, masked, findings }), [
      'kept out of the loss 3 of 20 (15%): grading_timeout 2, finding:host_probed 1',
      'findings: history_access 3 (15%), host_probed 1 (5%)',
    ]);
  });

  it('says once what is for inference only', () => {
    assert.deepEqual(trustLines({ ...totals, untrainable: 20 }), [
      'for inference only, without token ids or logprobs: 20 of 20',
    ]);
  });

  it('is silent where there is nothing, and where a run is older than the counts', () => {
    assert.deepEqual(trustLines({ ...totals, masked: {}, findings: {}, untrainable: 0 }), []);
    assert.deepEqual(trustLines(totals), []);
  });
});
