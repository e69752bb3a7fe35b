import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { MaskReason } from '../../../src/domain/mask.ts';
import {
  addTotals,
  maskedOf,
  meanBaseline,
  meanReward,
  meanUnmaskedReward,
  NO_ROLLOUTS,
  totalsOf,
} from '../../../src/domain/rollout-totals.ts';
import { rolloutResult } from './rollout-result.ts';

const MASKS = ['agent_timeout', 'flaky_instance', 'finding:host_probed'] as const satisfies MaskReason[];

describe('totals', () => {
  it('keeps failures out of the mean', () => {
    const totals = totalsOf([
      rolloutResult(),
      rolloutResult({ reward: 1, resolved: true }),
      rolloutResult({ status: 'failed', reward: null }),
      rolloutResult({ status: 'cancelled', reward: null }),
    ]);
    assert.deepEqual([totals.rollouts, totals.failed, totals.rewardSum, totals.resolved], [4, 2, 1.2, 1]);
    assert.equal(meanReward(totals), 0.6);
    assert.equal(meanReward(NO_ROLLOUTS), null);
  });

  it('adds without tails of digits', () => {
    const once = totalsOf([rolloutResult({ reward: 0.1, baselineReward: 0.1 })]);
    const thrice = addTotals(addTotals(once, once), once);
    assert.deepEqual([thrice.rewardSum, thrice.baselineSum], [0.3, 0.3]);
  });

  it('adds what each set counts', () => {
    const once = totalsOf([
      rolloutResult({
        reward: 1,
        resolved: true,
        baselineReward: 0.2,
        mask: 'agent_timeout',
        findings: ['network_tried'],
        verified: true,
        trainable: false,
      }),
      rolloutResult({ status: 'failed', reward: null }),
    ]);
    assert.deepEqual(addTotals(once, once), {
      rollouts: 4,
      failed: 2,
      rewardSum: 2,
      resolved: 2,
      baselineSum: 0.4,
      baselines: 2,
      masked: { agent_timeout: 2 },
      maskedRewardSum: 2,
      findings: { network_tried: 2 },
      verified: 2,
      untrainable: 2,
    });
  });

  it('counts masks, findings and second gradings by name', () => {
    const totals = totalsOf([
      rolloutResult({ mask: 'agent_timeout', findings: ['network_tried', 'history_access'] }),
      rolloutResult({ reward: 0.8, verified: true, trainable: false, findings: ['network_tried'] }),
      rolloutResult({ mask: 'agent_timeout' }),
    ]);
    assert.deepEqual(totals.masked, { agent_timeout: 2 });
    assert.deepEqual(totals.findings, { network_tried: 2, history_access: 1 });
    assert.deepEqual([maskedOf(totals), totals.verified, totals.untrainable], [2, 1, 1]);
    assert.equal(meanUnmaskedReward(totals), 0.8);
    assert.equal(meanUnmaskedReward(totalsOf([rolloutResult({ mask: 'agent_timeout' })])), null);
  });

  it('takes the baseline over those of which it is known', () => {
    const totals = totalsOf([
      rolloutResult({ baselineReward: 0.2 }),
      rolloutResult({ baselineReward: 0 }),
      rolloutResult({ baselineReward: null }),
    ]);
    assert.equal(meanBaseline(totals), 0.1);
    assert.equal(meanBaseline(NO_ROLLOUTS), null);
  });

  it('adds totals of 0.2, which count less', () => {
    const old = { rollouts: 2, failed: 1, rewardSum: 0.5, resolved: 0 };
    const sum = addTotals(old, totalsOf([rolloutResult({ mask: 'agent_timeout' })]));
    assert.deepEqual([sum.rollouts, sum.baselines, sum.masked], [3, 0, { agent_timeout: 1 }]);
  });

  it('never counts a mask twice or not at all, in whatever order sets are added', () => {
    const result = fc.record({
      status: fc.constantFrom('scored', 'failed'),
      mask: fc.option(fc.constantFrom(...MASKS)),
      reward: fc.constantFrom(0, 0.2, 1),
    });
    fc.assert(
      fc.property(fc.array(result), fc.array(result), (left, right) => {
        const [a, b] = [left, right].map((set) =>
          set.map((one) =>
            rolloutResult(one.status === 'failed' ? { ...one, mask: null, reward: null } : one),
          ),
        ) as [ReturnType<typeof rolloutResult>[], ReturnType<typeof rolloutResult>[]];
        const all = [...a, ...b];
        const sum = addTotals(totalsOf(b), totalsOf(a));
        assert.equal(maskedOf(sum), all.filter(({ mask }) => mask !== null).length);
        assert.deepEqual(sum, addTotals(addTotals(NO_ROLLOUTS, totalsOf(a)), totalsOf(b)));
        assert.equal(meanUnmaskedReward(sum), meanUnmaskedReward(totalsOf(all)));
      }),
    );
  });
});
