import { Context } from '@temporalio/activity';
import { hasReplies } from '../domain/conversation.ts';
import { kindsOf, type Finding } from '../domain/findings.ts';
import { trajectoryPath } from '../domain/ids.ts';
import { TRAINER_CAPABILITIES, type TrainerCapabilities } from '../domain/trainer-capabilities.ts';
import { samplesOf } from '../domain/training-data.ts';
import type { Grading, Trajectory, TurnLink } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { RecordActivities, RecordedTrajectory, RecordTrajectoryInput } from './contract.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { countedOf, findingsOf, type CountedRollout } from './judge-rollout.ts';
import { isDamage, readConfig, readGrading } from './stored.ts';
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
  async function recordTrajectory(input: RecordTrajectoryInput): Promise<RecordedTrajectory> {
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
): Promise<RecordedTrajectory> {
  const [transcript, grading] = await Promise.all([
    input.head === null ? NO_TURNS : readableTranscript(artifacts, input.head),
    input.grading === null ? null : readGrading(artifacts, input.grading),
  ]);
  const { links: turns } = transcript;
  const findings = await findingsOf(artifacts, input, turns, grading);
  const graded = input.status === 'scored' ? grading : null;
  const counted = graded === null ? null : await countedOf(artifacts, input, turns, graded, findings);
  const batches = await batchesOf(artifacts, input.config);
  const record = trajectoryOf(input, transcript, { grading, findings, counted, batches }, endedAt);
  const path = trajectoryPath(input.run, input.rollout);
  await artifacts.writeRunFile(input.run, path, `${JSON.stringify(record, null, 1)}\n`);
  const trajectory = await artifacts.putJson(record);
  // Nobody opens another sandbox for it now. What does not go is no reason to fail, and left to the reaper of records.
  await artifacts.dropSnapshots(input.run, input.rollout, []).catch(() => undefined);
  if (graded === null || counted === null) return { trajectory, trainable: record.trainable };
  const { metrics } = graded;
  return {
    trajectory,
    trainable: record.trainable,
    counted: {
      ...counted,
      baselineReward: metrics.baselineReward ?? null,
      findings: kindsOf(findings),
      verified: metrics.verified === 1,
    },
  };
}

/** What the run's trainer reads; samples where the config is lost. */
async function batchesOf(artifacts: Artifacts, config: string): Promise<TrainerCapabilities['batches']> {
  try {
    const { trainer = 'embedded' } = await readConfig(artifacts, config);
    return TRAINER_CAPABILITIES[trainer].batches;
  } catch (error) {
    if (isDamage(error)) return 'samples';
    throw error;
  }
}

const NO_TURNS = { links: [], damaged: false } as const;

/** The record of a rollout, derived whole from its transcript and its grading. */
function trajectoryOf(
  input: RecordTrajectoryInput,
  { links: turns, damaged }: { readonly links: readonly TurnLink[]; readonly damaged: boolean },
  judged: {
    readonly grading: Grading | null;
    readonly findings: readonly Finding[];
    readonly counted: CountedRollout | null;
    readonly batches: TrainerCapabilities['batches'];
  },
  endedAt: string,
): Trajectory {
  const { grading, findings, counted } = judged;
  const models = turns.filter((link) => link.kind === 'model');
  const calls = turns.filter((link) => link.kind === 'tool');
  return {
    run: input.run,
    rollout: input.rollout,
    instanceId: input.instance.instanceId,
    instance: input.instance.ref,
    environment: input.environment ?? null,
    status: input.status,
    stopReason: input.stopReason,
    failure: input.failure,
    policyVersion: input.policy.version,
    model: input.policy.model,
    seed: input.seed,
    tools: TOOLS,
    turns,
    reward: counted?.reward ?? null,
    resolved: counted?.resolved ?? false,
    findings,
    mask: counted?.mask ?? null,
    metrics: {
      ...(counted === null ? {} : grading?.metrics),
      ...(damaged ? { transcriptDamaged: 1 } : {}),
      turns: models.length,
      toolCalls: calls.length,
      toolTimeouts: calls.filter((link) => link.timedOut).length,
      toolsOutOfMemory: calls.filter((link) => link.outOfMemory === true).length,
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
      hasReplies(turns) &&
      // A trainer that makes prompts of the messages itself needs no ids of them.
      (judged.batches === 'conversations' ||
        samplesOf(turns, { rollout: input.rollout, group: 0, advantage: 0 }) !== null),
    startedAt: input.startedAt,
    endedAt,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
