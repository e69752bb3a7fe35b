import { isInfrastructureMask } from './mask.ts';
import { countsOf } from './rollout-totals.ts';
import type { RolloutResult } from './trajectory.ts';

/** A member of a batch that teaches nothing. */
type BatchMember = Pick<RolloutResult, 'status' | 'mask' | 'failureType'>;

/**
 * Why a batch that teaches nothing is refused rather than skipped: for at least half of its members the machinery was in
 * the way, a grading cut by its limits or a failure, so that equal rewards say nothing of the policy. Null where it is
 * simply a batch without a lesson.
 */
export function refusalOf(members: readonly BatchMember[]): string | null {
  const reasons = members.flatMap((member) => infrastructureReason(member) ?? []);
  if (reasons.length === 0 || reasons.length * 2 < members.length) return null;
  const counted = Object.entries(countsOf(reasons)).toSorted(([, a], [, b]) => b - a);
  const named = counted.map(([reason, count]) => `${reason} ${count}`).join(', ');
  return (
    `the batch teaches nothing, and ${reasons.length} of its ${members.length} rollouts say nothing of the policy ` +
    `(${named}): look at limits and hosts before more are made`
  );
}

function infrastructureReason({ status, mask, failureType }: BatchMember): string | null {
  if (status === 'failed') return failureType ?? 'failed';
  return mask !== undefined && mask !== null && isInfrastructureMask(mask) ? mask : null;
}
