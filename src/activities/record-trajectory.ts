import { Context } from '@temporalio/activity';
import { trajectoryPath } from '../domain/ids.ts';
import { samplesOf } from '../domain/training-data.ts';
import type { Grading, Trajectory, TurnLink } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { RecordActivities, RecordTrajectoryInput } from './contract.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { readGrading } from './stored.ts';
import { TOOLS } from './tools/definitions.ts';
import { readableTranscript } from './transcript.ts';

/** The activity that writes a rollout's record, scored or not. */
export function createTrajectoryActivities(deps: {
  readonly artifacts: Artifacts;
}): Pick<RecordActivities, 'recordTrajectory'> {
  const { artifacts } = deps;

  /**
   * Everything in the record comes from stored facts, so a retry writes the same bytes. A rollout has a record whatever was
   * lost of its turns; only a reward that cannot be read any more is not made up.
   */
  async function recordTrajectory(
    input: RecordTrajectoryInput,
  ): Promise<{ trajectory: string; trainable: boolean }> {
    return await heartbeatWhile(async () => {
      const endedAt = new Date(Context.current().info.scheduledTimestampMs).toISOString();
      return await writeTrajectory(artifacts, input, endedAt);
    });
  }

  return { recordTrajectory };
}

/** Writes a rollout's record of what is stored; the reaper does it for rollouts that were terminated. */
export async function writeTrajectory(
  artifacts: Artifacts,
  input: RecordTrajectoryInput,
  endedAt: string,
): Promise<{ trajectory: string; trainable: boolean }> {
  const [turns, grading] = await Promise.all([
    input.head === null ? NO_TURNS : readableTranscript(artifacts, input.head),
    input.grading === null ? null : readGrading(artifacts, input.grading),
  ]);
  const record = trajectoryOf(input, turns, grading, endedAt);
  const path = trajectoryPath(input.run, input.rollout);
  await artifacts.writeRunFile(input.run, path, `${JSON.stringify(record, null, 1)}\n`);
  const trajectory = await artifacts.putJson(record);
  // Nobody opens another sandbox for it now. What does not go is no reason to fail, and left to the reaper of records.
  await artifacts.dropSnapshots(input.run, input.rollout, []).catch(() => undefined);
  return { trajectory, trainable: record.trainable };
}

const NO_TURNS = { links: [], damaged: false } as const;

/** The record of a rollout, derived whole from its transcript and its grading. */
function trajectoryOf(
  input: RecordTrajectoryInput,
  { links: turns, damaged }: { readonly links: readonly TurnLink[]; readonly damaged: boolean },
  grading: Grading | null,
  endedAt: string,
): Trajectory {
  const models = turns.filter((link) => link.kind === 'model');
  const calls = turns.filter((link) => link.kind === 'tool');
  const scored = input.status === 'scored' && grading !== null;
  return {
    run: input.run,
    rollout: input.rollout,
    instanceId: input.instance.instanceId,
    status: input.status,
    stopReason: input.stopReason,
    failure: input.failure,
    policyVersion: input.policy.version,
    model: input.policy.model,
    seed: input.seed,
    tools: TOOLS,
    turns,
    reward: scored ? grading.reward : null,
    resolved: scored && grading.resolved,
    metrics: {
      ...(scored ? grading.metrics : {}),
      ...(damaged ? { transcriptDamaged: 1 } : {}),
      turns: models.length,
      toolCalls: calls.length,
      modelSeconds: sum(models.map((link) => link.durationMs)) / 1000,
      toolSeconds: sum(calls.map((link) => link.durationMs)) / 1000,
    },
    grading,
    usage: {
      promptTokens: sum(models.map((link) => link.usage?.promptTokens ?? 0)),
      completionTokens: sum(models.map((link) => link.usage?.completionTokens ?? 0)),
    },
    trainable:
      !damaged &&
      models.length > 0 &&
      samplesOf(turns, { rollout: input.rollout, group: 0, advantage: 0 }) !== null,
    startedAt: input.startedAt,
    endedAt,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
