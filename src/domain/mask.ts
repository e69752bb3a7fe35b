import { FINDING_POLICIES, type Finding, type FindingKind, type FindingPolicy } from './findings.ts';
import type { Grading, StopReason, TurnLink } from './trajectory.ts';

/**
 * Why a scored trajectory is kept out of the loss, and of its group's mean: NeMo Gym's mask table, the audit's findings,
 * and what cannot be trained on. A failed rollout has no reward and needs no mask.
 */
export type MaskReason =
  | 'resolved_at_turn_limit'
  | 'resolved_at_context_limit'
  | 'context_overflow'
  | 'agent_timeout'
  | 'agent_out_of_memory'
  | 'grading_timeout'
  | 'grading_out_of_memory'
  | 'flaky_instance'
  | `finding:${FindingKind}`;

/** Masks that say nothing of the policy: a machine that is too slow or too small, tests that are not sound. */
const INFRASTRUCTURE: ReadonlySet<MaskReason> = new Set([
  'agent_timeout',
  'agent_out_of_memory',
  'grading_timeout',
  'grading_out_of_memory',
  'flaky_instance',
  'finding:grading_disagrees',
  'finding:empty_patch_passes',
]);

/** What a run does on each finding; runs begun under 0.2 name no policies. */
export type FindingPolicies = Readonly<Partial<Record<FindingKind, FindingPolicy>>>;

/** A graded rollout, as far as its mask and the reward that counts depend on it. */
export interface GradedRollout {
  readonly grading: Pick<Grading, 'reward' | 'resolved' | 'timedOut' | 'metrics' | 'abuse'>;
  readonly stopReason: StopReason;
  readonly turns: readonly TurnLink[];
  /** The audit's and the grading's. */
  readonly findings: readonly Finding[];
  readonly policies: FindingPolicies | undefined;
  /** Whether its instance's tests are known to come out differently from one run to the next. */
  readonly flakyInstance: boolean;
}

/** The reward that counts: what was earned, unless a finding that is penalised makes it that of having done nothing. */
export function countedReward({
  grading,
  findings,
  policies,
}: Pick<GradedRollout, 'grading' | 'findings' | 'policies'>): {
  readonly reward: number;
  readonly resolved: boolean;
} {
  const { reward, resolved, metrics } = grading;
  if (!findings.some(({ kind }) => policyOf(kind, policies) === 'penalise')) return { reward, resolved };
  // A forger's 0 is not raised to what an honest idler earns; where that is not known, nothing is earned.
  return { reward: Math.min(reward, metrics.baselineReward ?? 0), resolved: false };
}

/**
 * Why a graded rollout is kept out of the loss; null when it is not. One reason each, so that counts by reason add up:
 * findings first, then what ended the agent, then the grading.
 */
export function maskReasonOf(rollout: GradedRollout): MaskReason | null {
  const { grading, stopReason, turns, findings, policies, flakyInstance } = rollout;
  const masking = findings.find(({ kind }) => policyOf(kind, policies) === 'mask');
  if (masking !== undefined) return `finding:${masking.kind}`;
  const { resolved } = countedReward(rollout);
  if (resolved && stopReason === 'max_steps') return 'resolved_at_turn_limit';
  // A last message that was cut at its own limit is no better an ending to learn from.
  if (resolved && (stopReason === 'context_overflow' || stopReason === 'output_truncated'))
    return 'resolved_at_context_limit';
  // Whatever it did was not what ended it: its window was too small.
  if (stopReason === 'context_overflow') return 'context_overflow';
  if (stopReason === 'time_limit') return 'agent_timeout';
  if (turns.some((link) => link.kind === 'tool' && link.outOfMemory === true)) return 'agent_out_of_memory';
  const { metrics, abuse } = grading;
  if (metrics.gradingOutOfMemory === 1 || abuse === 'memory') return 'grading_out_of_memory';
  if (grading.timedOut || metrics.gradingTimedOut === 1 || abuse === 'time') return 'grading_timeout';
  return metrics.gradingFlaky === 1 || flakyInstance ? 'flaky_instance' : null;
}

/** Whether a mask says that the machinery or the tests stood in the way, rather than anything about the policy. */
export function isInfrastructureMask(mask: MaskReason): boolean {
  return INFRASTRUCTURE.has(mask);
}

function policyOf(kind: FindingKind, policies: FindingPolicies | undefined): FindingPolicy {
  return policies?.[kind] ?? FINDING_POLICIES[kind];
}
