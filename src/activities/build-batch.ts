import { hasVariance } from '../domain/advantage.ts';
import { type PromptRules, promptRules } from '../domain/conversation.ts';
import { trajectoryPath } from '../domain/ids.ts';
import { refusalOf } from '../domain/refusal.ts';
import { countsOf } from '../domain/rollout-totals.ts';
import { TRAINER_CAPABILITIES } from '../domain/trainer-capabilities.ts';
import { samplesOf, type Sample } from '../domain/training-data.ts';
import type { Trajectory, TurnLink } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { conversationsOfGroup, type GroupConversations } from './batch-conversations.ts';
import type { BatchOutput, TrainerActivities } from './contract-trainer.ts';
import { byRollout, countedRewards, type GroupRecord } from './group-record.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { readMended } from './mended.ts';
import { readConfig } from './stored.ts';

/** The activity that joins the trajectories of a batch's groups into the file that the trainer reads. */
export function createBatchActivity(deps: {
  readonly artifacts: Artifacts;
}): Pick<TrainerActivities, 'buildBatch'> {
  const { artifacts } = deps;

  /** A record that is lost for good costs its group or its member, not the run. */
  async function buildBatch(input: {
    readonly run: string;
    readonly config: string;
    readonly groups: readonly string[];
  }): Promise<BatchOutput> {
    return await heartbeatWhile(async () => {
      const config = await readConfig(artifacts, input.config);
      const { batches } = TRAINER_CAPABILITIES[config.trainer ?? 'embedded'];
      const teaching: GroupRecord[] = [];
      let groupsWithoutVariance = 0;
      let groupsTooSmall = 0;
      let lost = 0;
      const members: GroupRecord['members'][number][] = [];
      for (const hash of input.groups) {
        const record = await readGroup(artifacts, input.run, hash);
        if (record === null) {
          lost++;
          continue;
        }
        members.push(...record.members);
        const rewards = countedRewards(record);
        if (rewards.length < 2) groupsTooSmall++;
        else if (!hasVariance(rewards)) groupsWithoutVariance++;
        else teaching.push(record);
      }
      const made =
        batches === 'samples'
          ? await samplesOfGroups(artifacts, teaching)
          : await conversationsOfGroups(artifacts, teaching, promptRules(config.agent));
      const batch = made.samples === 0 ? null : await artifacts.putJson(made.content);
      return {
        batch,
        samples: made.samples,
        groupsWithoutVariance,
        groupsTooSmall,
        untrainable: made.untrainable + lost,
        masked: countsOf(members.flatMap(({ mask }) => mask ?? [])),
        refused: batch === null ? refusalOf(members) : null,
      };
    });
  }

  return { buildBatch };
}

/** What a batch file holds, and of how much. */
interface BatchContent {
  readonly content: object;
  readonly samples: number;
  readonly untrainable: number;
}

async function samplesOfGroups(artifacts: Artifacts, records: readonly GroupRecord[]): Promise<BatchContent> {
  const samples: Sample[] = [];
  let untrainable = 0;
  for (const record of records) {
    const made = await samplesOfGroup(artifacts, record);
    samples.push(...made.samples);
    untrainable += made.untrainable;
  }
  samples.sort(byRollout);
  return { content: { samples }, samples: samples.length, untrainable };
}

async function conversationsOfGroups(
  artifacts: Artifacts,
  records: readonly GroupRecord[],
  rules: PromptRules,
): Promise<BatchContent> {
  const groups: GroupConversations[] = [];
  for (const record of records.toSorted((a, b) => a.group - b.group)) {
    const read = async (rollout: string, hash: string): Promise<Trajectory | null> => {
      return await readTrajectory(artifacts, record.run, rollout, hash);
    };
    groups.push(await conversationsOfGroup(record, rules, read));
  }
  const counts = groups.flatMap(({ members }) => members.map(({ conversations }) => conversations.length));
  const samples = counts.reduce((sum, count) => sum + count, 0);
  return { content: { groups }, samples, untrainable: counts.filter((count) => count === 0).length };
}

async function readGroup(artifacts: Artifacts, run: string, hash: string): Promise<GroupRecord | null> {
  const copies = async () => (await artifacts.listRunFiles(run, 'groups')).map((name) => `groups/${name}`);
  return (await readMended(artifacts, hash, run, copies)) as GroupRecord | null;
}

/** The samples of a group's members that count; those without token ids or logprobs are counted. */
async function samplesOfGroup(
  artifacts: Artifacts,
  record: GroupRecord,
): Promise<{ samples: Sample[]; untrainable: number }> {
  const samples: Sample[] = [];
  let untrainable = 0;
  for (const { rollout, advantage, trajectory } of record.members) {
    if (advantage === null) continue;
    const turns = trajectory === null ? [] : await readTurns(artifacts, record.run, rollout, trajectory);
    const made = samplesOf(turns, { rollout, group: record.group, advantage })?.filter(isTrainable) ?? [];
    if (made.length === 0) untrainable++;
    samples.push(...made);
  }
  return { samples, untrainable };
}

/** The turns of a trajectory; none where it is lost, or says itself that it cannot be trained on. */
async function readTurns(
  artifacts: Artifacts,
  run: string,
  rollout: string,
  hash: string,
): Promise<readonly TurnLink[]> {
  const trajectory = await readTrajectory(artifacts, run, rollout, hash);
  return trajectory?.trainable === true ? trajectory.turns : [];
}

async function readTrajectory(
  artifacts: Artifacts,
  run: string,
  rollout: string,
  hash: string,
): Promise<Trajectory | null> {
  const copies = async () => await Promise.resolve([trajectoryPath(run, rollout)]);
  return (await readMended(artifacts, hash, run, copies)) as Trajectory | null;
}

/** A trainer refuses what has no token in the loss, or nothing before the first of them. */
function isTrainable(sample: Sample): boolean {
  return sample.mask[0] === 0 && sample.mask.includes(1);
}
