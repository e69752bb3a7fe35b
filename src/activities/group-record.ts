import { advantageSeed, advantagesOf, hasVariance, type AdvantageKind } from '../domain/advantage.ts';
import type { MaskReason } from '../domain/mask.ts';
import type { RolloutResult } from '../domain/trajectory.ts';

/** One member of a recorded group. */
interface GroupMember {
  readonly rollout: string;
  readonly status: RolloutResult['status'];
  readonly stopReason: RolloutResult['stopReason'];
  readonly failureType: string | null;
  readonly reward: number | null;
  readonly resolved: boolean;
  readonly turns: number;
  /** Why it is kept out of the loss; null when it is not, absent in records of 0.2. */
  readonly mask?: MaskReason | null;
  /** Null for a member without a reward, and for one with a mask: both are kept out of mean and advantage. */
  readonly advantage: number | null;
  /** sha256 of the trajectory. */
  readonly trajectory: string | null;
}

/** A trajectory group as groups.jsonl has it, a line each. */
export interface GroupRecord {
  readonly run: string;
  readonly group: number;
  readonly instanceId: string;
  readonly purpose: string;
  /** Number of its epoch, from 1; absent in an evaluation, and in records of an early 0.3. */
  readonly epoch?: number;
  readonly policyVersion: number;
  readonly advantage: AdvantageKind;
  /** Whether it trains nobody, since a member has no score; absent in records of 0.1. */
  readonly givenUp?: boolean;
  readonly members: readonly GroupMember[];
}

/** The record of a group: each member that counts has its advantage over those that do. `seed` is the run's. */
export function groupRecordOf(
  of: {
    readonly run: string;
    readonly group: number;
    readonly purpose: string;
    readonly givenUp?: boolean;
    readonly epoch?: number;
  },
  results: readonly RolloutResult[],
  advantage: AdvantageKind,
  seed = 0,
): GroupRecord {
  const advantages = advantagesOf(
    results.flatMap((result) => (counts(result) ? [result.reward] : [])),
    advantage,
    advantageSeed(seed, of.group),
  ).values();
  const members = results.map((result) => ({
    rollout: result.rollout,
    status: result.status,
    stopReason: result.stopReason,
    failureType: result.failureType,
    reward: result.reward,
    resolved: result.resolved,
    turns: result.turns,
    mask: result.mask ?? null,
    advantage: counts(result) ? (advantages.next().value ?? 0) : null,
    trajectory: result.trajectory,
  }));
  const [first] = results;
  return {
    run: of.run,
    group: of.group,
    instanceId: first?.instanceId ?? '',
    purpose: of.purpose,
    ...(of.epoch === undefined ? {} : { epoch: of.epoch }),
    policyVersion: first?.policyVersion ?? 0,
    advantage,
    givenUp: of.givenUp ?? false,
    members,
  };
}

/** Puts members in an order of their own: the same groups give the same bytes, whoever ended first. */
export function byRollout(a: { readonly rollout: string }, b: { readonly rollout: string }): number {
  return a.rollout < b.rollout ? -1 : a.rollout > b.rollout ? 1 : 0;
}

/** The rewards of a recorded group's members that count. */
export function countedRewards(record: GroupRecord): readonly number[] {
  return record.members.flatMap((member) => (counts(member) ? [member.reward] : []));
}

/** Whether a recorded group teaches anything: it is whole, and the rewards that count differ. */
export function hasLesson(record: GroupRecord): boolean {
  return record.givenUp !== true && hasVariance(countedRewards(record));
}

function counts<T extends Pick<RolloutResult, 'status' | 'reward' | 'mask'>>(
  result: T,
): result is T & { reward: number } {
  return result.status === 'scored' && result.reward !== null && (result.mask ?? null) === null;
}
