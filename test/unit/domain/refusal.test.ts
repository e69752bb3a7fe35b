import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MaskReason } from '../../../src/domain/mask.ts';
import { refusalOf } from '../../../src/domain/refusal.ts';
import { rolloutResult } from './rollout-result.ts';

const masked = (mask: MaskReason | null) => rolloutResult({ mask });

describe('refusalOf', () => {
  it('names the machinery where it cut the batch', () => {
    const failed = rolloutResult({ status: 'failed', failureType: 'Sandbox.Gone', reward: null });
    const members = [masked('grading_timeout'), masked('grading_timeout'), failed, masked(null)];
    assert.equal(
      refusalOf(members),
      'the batch teaches nothing, and 3 of its 4 rollouts say nothing of the policy ' +
        '(grading_timeout 2, Sandbox.Gone 1): look at limits and hosts before more are made',
    );
  });

  it('leaves a batch alone whose equal rewards are the policy’s own', () => {
    assert.equal(refusalOf([masked(null), masked(null)]), null);
    assert.equal(refusalOf([masked('finding:forged_results'), masked('resolved_at_turn_limit')]), null);
    assert.equal(refusalOf([masked('grading_timeout'), masked(null), masked(null)]), null);
    assert.equal(refusalOf([]), null);
  });
});
