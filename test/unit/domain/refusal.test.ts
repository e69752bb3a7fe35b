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

  it('counts every mask that says nothing of the policy, from half of the members on', () => {
    const machinery: readonly MaskReason[] = [
      'agent_timeout',
      'agent_out_of_memory',
      'grading_timeout',
      'grading_out_of_memory',
      'flaky_instance',
      'finding:grading_disagrees',
      'finding:empty_patch_passes',
    ];
    for (const mask of machinery) assert.match(refusalOf([masked(mask), masked(null)]) ?? '', / 1 of its 2 /);
    const policy: readonly MaskReason[] = [
      'resolved_at_turn_limit',
      'resolved_at_context_limit',
      'context_overflow',
      'finding:host_probed',
    ];
    for (const mask of policy) assert.equal(refusalOf([masked(mask), masked(mask)]), null, mask);
  });

  it('leaves a batch alone whose equal rewards are the policy’s own', () => {
    assert.equal(refusalOf([masked(null), masked(null)]), null);
    assert.equal(refusalOf([masked('finding:forged_results'), masked('resolved_at_turn_limit')]), null);
    assert.equal(refusalOf([masked('grading_timeout'), masked(null), masked(null)]), null);
    assert.equal(refusalOf([]), null);
  });
});
