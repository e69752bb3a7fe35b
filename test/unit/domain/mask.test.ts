import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FINDING_POLICIES, type Finding, type FindingKind } from '../../../src/domain/findings.ts';
import {
  countedReward,
  maskReasonOf,
  type GradedRollout,
  type MaskReason,
} from '../../../src/domain/mask.ts';
import type { Grading, StopReason } from '../../../src/domain/trajectory.ts';
import { gradingOf } from '../../support/grading.ts';
import { bash, turnsOf } from './audit/transcript.ts';

interface Given {
  readonly grading?: Partial<Grading>;
  readonly metrics?: Partial<Grading['metrics']>;
  readonly stopReason?: StopReason;
  readonly findings?: readonly Finding[];
  readonly policies?: GradedRollout['policies'];
  readonly flakyInstance?: boolean;
  readonly outOfMemory?: boolean;
}

function rollout(given: Given): GradedRollout {
  const grading = { ...gradingOf(1), resolved: true, ...given.grading };
  const [link] = turnsOf([bash('ls')]);
  if (link?.kind !== 'tool') throw new Error('no tool link');
  return {
    grading: { ...grading, metrics: { ...grading.metrics, ...given.metrics } },
    stopReason: given.stopReason ?? 'done',
    turns: [{ ...link, outOfMemory: given.outOfMemory ?? false }],
    findings: given.findings ?? [],
    policies: given.policies,
    flakyInstance: given.flakyInstance ?? false,
  };
}

const found = (kind: FindingKind): Finding => ({ kind, where: 'grading', detail: '' });
const unresolved = { reward: 0.2, resolved: false };

/** NeMo Gym's table, and ours beyond it. */
const TABLE: readonly (readonly [string, Given, MaskReason | null])[] = [
  ['an honest end', {}, null],
  ['the turn limit, resolved', { stopReason: 'max_steps' }, 'resolved_at_turn_limit'],
  ['the turn limit, not resolved', { stopReason: 'max_steps', grading: unresolved }, null],
  ['the context window, resolved', { stopReason: 'context_overflow' }, 'resolved_at_context_limit'],
  [
    'the context window, not resolved',
    { stopReason: 'context_overflow', grading: unresolved },
    'context_overflow',
  ],
  ['a last message that was cut, resolved', { stopReason: 'output_truncated' }, 'resolved_at_context_limit'],
  ['an agent that ran out of time', { stopReason: 'time_limit', grading: unresolved }, 'agent_timeout'],
  ['an agent that ran out of memory', { outOfMemory: true }, 'agent_out_of_memory'],
  ['tests that ran out of time', { grading: { timedOut: true } }, 'grading_timeout'],
  [
    'tests that the patch keeps from ending',
    { grading: { ...unresolved, abuse: 'time' } },
    'grading_timeout',
  ],
  [
    'tests of which the metrics alone tell that their time was over',
    { metrics: { gradingTimedOut: 1 } },
    'grading_timeout',
  ],
  ['tests that ran out of memory', { metrics: { gradingOutOfMemory: 1 } }, 'grading_out_of_memory'],
  [
    'tests that the patch lets run out of memory',
    { grading: { ...unresolved, abuse: 'memory' } },
    'grading_out_of_memory',
  ],
  ['tests that differ from run to run', { metrics: { gradingFlaky: 1 } }, 'flaky_instance'],
  ['an instance in quarantine', { flakyInstance: true }, 'flaky_instance'],
  ['a finding that masks', { findings: [found('host_probed')] }, 'finding:host_probed'],
  ['a finding that is only noted', { findings: [found('history_access')] }, null],
  [
    'a finding that this run masks',
    { findings: [found('history_access')], policies: { history_access: 'mask' } },
    'finding:history_access',
  ],
  [
    'a finding that this run keeps',
    { findings: [found('host_probed')], policies: { host_probed: 'keep' } },
    null,
  ],
  [
    'a finding before what ended the agent',
    { findings: [found('network_tried'), found('forged_results')], stopReason: 'max_steps' },
    'finding:forged_results',
  ],
  [
    'what ended the agent before what its tests ran out of',
    { stopReason: 'time_limit', grading: { ...unresolved, timedOut: true }, flakyInstance: true },
    'agent_timeout',
  ],
  [
    'tests that ran out of memory before their time was over',
    { grading: { timedOut: true }, metrics: { gradingOutOfMemory: 1 } },
    'grading_out_of_memory',
  ],
  [
    'what its tests ran out of before an instance in quarantine',
    { grading: { timedOut: true }, flakyInstance: true },
    'grading_timeout',
  ],
  [
    'a penalty takes the resolution, and its mask, away',
    { findings: [found('network_tried')], policies: { network_tried: 'penalise' }, stopReason: 'max_steps' },
    null,
  ],
];

describe('maskReasonOf', () => {
  for (const [what, given, reason] of TABLE) {
    it(`says ${reason ?? 'nothing'} of ${what}`, () => assert.equal(maskReasonOf(rollout(given)), reason));
  }

  it('keeps out by itself what shows an attempt on the reward, or that the tests say nothing', () => {
    const kinds = Object.keys(FINDING_POLICIES) as FindingKind[];
    assert.deepEqual(
      kinds.filter((kind) => maskReasonOf(rollout({ findings: [found(kind)] })) === `finding:${kind}`),
      [
        'forged_results',
        'forbidden_path',
        'test_runner_patched',
        'output_spoofed',
        'host_probed',
        'resources_abused',
        'grading_disagrees',
        'empty_patch_passes',
      ],
    );
    // Nor does any take the reward away before a run says so.
    for (const kind of kinds) assert.equal(countedReward(rollout({ findings: [found(kind)] })).reward, 1);
  });
});

describe('countedReward', () => {
  const penalised = { findings: [found('network_tried')], policies: { network_tried: 'penalise' } } as const;

  it('is what was earned', () => {
    assert.deepEqual(countedReward(rollout({})), { reward: 1, resolved: true });
  });

  it('is that of doing nothing for a finding that is penalised', () => {
    const given = { ...penalised, metrics: { baselineReward: 0.2 } };
    assert.deepEqual(countedReward(rollout(given)), { reward: 0.2, resolved: false });
  });

  it('never rises by a penalty, and is nothing where the baseline is not known', () => {
    const forged = {
      ...penalised,
      grading: { reward: 0, resolved: false },
      metrics: { baselineReward: 0.2 },
    };
    assert.equal(countedReward(rollout(forged)).reward, 0);
    assert.equal(countedReward(rollout(penalised)).reward, 0);
  });
});
