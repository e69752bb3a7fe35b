import { auditTranscript } from '../domain/audit/audit.ts';
import type { Finding } from '../domain/findings.ts';
import { countedReward, maskReasonOf, type FindingPolicies, type MaskReason } from '../domain/mask.ts';
import type { Grading, TurnLink } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { RecordTrajectoryInput } from './contract.ts';
import { isQuarantined } from './grading/health.ts';
import { decidingFiles, pathRoles } from './grading/test-files.ts';
import { isDamage, readConfig, readInstance } from './stored.ts';

/** What a graded rollout counts for. */
export interface CountedRollout {
  readonly reward: number;
  readonly resolved: boolean;
  readonly mask: MaskReason | null;
}

/** What the transcript and the grading show; of a failed rollout the transcript alone. */
export async function findingsOf(
  artifacts: Artifacts,
  input: RecordTrajectoryInput,
  turns: readonly TurnLink[],
  grading: Grading | null,
): Promise<readonly Finding[]> {
  const instance = await unlessLost(readInstance(artifacts, input.instance.ref));
  const roleOf = instance === null ? null : pathRoles(instance);
  const audited = auditTranscript(turns, {
    decidingFiles: instance === null ? new Set() : decidingFiles(instance),
    isHarness: (path) => roleOf?.(path) === 'harness',
    repo: instance?.repo ?? '',
  });
  return [...(grading?.findings ?? []), ...audited];
}

/** The reward that counts of a graded rollout, and why it is kept out of the loss, where it is. */
export async function countedOf(
  artifacts: Artifacts,
  input: RecordTrajectoryInput,
  turns: readonly TurnLink[],
  grading: Grading,
  findings: readonly Finding[],
): Promise<CountedRollout> {
  const policies = await policiesOf(artifacts, input.config);
  const flakyInstance = await isQuarantined(artifacts, input.instance.ref);
  const rollout = { grading, stopReason: input.stopReason, turns, findings, policies, flakyInstance };
  return { ...countedReward(rollout), mask: maskReasonOf(rollout) };
}

/** Undefined for runs begun under 0.2, too. */
async function policiesOf(artifacts: Artifacts, config: string): Promise<FindingPolicies | undefined> {
  return (await unlessLost(readConfig(artifacts, config)))?.findings;
}

/** A rollout has a record whatever was lost; what is lost is looked at no more, and nothing is suspected for it. */
async function unlessLost<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return null;
  }
}
