import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { groupRecordOf, hasLesson } from '../../../src/activities/group-record.ts';
import { advantageSeed, advantagesOf } from '../../../src/domain/advantage.ts';
import type { MaskReason } from '../../../src/domain/mask.ts';
import type { RolloutResult } from '../../../src/domain/trajectory.ts';
import { rolloutResult } from '../domain/rollout-result.ts';

describe('groupRecordOf', () => {
  it('keeps failed members out of mean and advantage', () => {
    const results = [member('a', 1), member('b', null), member('c', 0.5)];
    const made = groupRecordOf({ run: 'r', group: 1, purpose: 'train' }, results, 'mean');
    assert.deepEqual(
      made.members.map(({ advantage }) => advantage),
      [0.25, null, -0.25],
    );
    assert.equal(made.policyVersion, 4);
  });

  it('keeps masked members out of mean and advantage, and says why', () => {
    const results = [member('a', 1), member('b', 1, 'agent_timeout'), member('c', 0.5)];
    const made = groupRecordOf({ run: 'r', group: 1, purpose: 'train' }, results, 'mean');
    assert.deepEqual(
      made.members.map(({ advantage, mask, reward }) => [advantage, mask, reward]),
      [
        [0.25, null, 1],
        [null, 'agent_timeout', 1],
        [-0.25, null, 0.5],
      ],
    );
  });

  it('deals out shuffled advantages by the run’s seed and the group', () => {
    const rewards = [1, 0.8, 0.6, 0.4, 0.2, 0];
    const results = rewards.map((reward, i) => member(`${i}`, reward));
    for (const [seed, group] of [
      [7, 1],
      [8, 1],
      [7, 2],
    ] as const) {
      const made = groupRecordOf({ run: 'r', group, purpose: 'train' }, results, 'shuffled', seed);
      assert.deepEqual(
        made.members.map(({ advantage }) => advantage),
        advantagesOf(rewards, 'shuffled', advantageSeed(seed, group)),
      );
    }
  });

  it('has a lesson where the rewards that count differ, and the group is whole', () => {
    assert.equal(lessonOf([member('a', 1), member('b', 0.5)]), true);
    assert.equal(lessonOf([member('a', 0.5), member('b', 0.5)]), false);
    assert.equal(lessonOf([member('a', 0.5), member('b', 0.5), member('c', 1, 'agent_timeout')]), false);
    assert.equal(lessonOf([member('a', 1), member('b', 0.5), member('c', null)], true), false);
  });

  it('gives the members that count the advantages of a group of their own, whatever is masked beside them', () => {
    const one = fc.record({
      status: fc.constantFrom('scored' as const, 'failed' as const),
      reward: fc.double({ min: 0, max: 1, noNaN: true }),
      mask: fc.option(fc.constantFrom('agent_timeout' as const, 'finding:host_probed' as const)),
    });
    fc.assert(
      fc.property(fc.array(one), fc.constantFrom('mean', 'leave-one-out', 'std'), (members, kind) => {
        const results = members.map((change, i) =>
          rolloutResult({
            ...change,
            rollout: `${i}`,
            ...(change.status === 'failed' ? { reward: null } : {}),
          }),
        );
        const made = groupRecordOf({ run: 'r', group: 1, purpose: 'train' }, results, kind);
        const counting = members.filter(({ status, mask }) => status === 'scored' && mask === null);
        assert.deepEqual(
          made.members.flatMap(({ advantage }) => advantage ?? []),
          advantagesOf(
            counting.map(({ reward }) => reward),
            kind,
          ),
        );
      }),
    );
  });
});

function lessonOf(results: RolloutResult[], givenUp = false): boolean {
  return hasLesson(groupRecordOf({ run: 'r', group: 1, purpose: 'train', givenUp }, results, 'mean'));
}

function member(rollout: string, reward: number | null, mask: MaskReason | null = null): RolloutResult {
  return rolloutResult({
    rollout,
    reward,
    mask,
    status: reward === null ? 'failed' : 'scored',
    policyVersion: 4,
  });
}
