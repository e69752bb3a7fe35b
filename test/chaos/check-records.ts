import { trajectoryPath } from '../../src/domain/ids.ts';
import type { Trajectory } from '../../src/domain/trajectory.ts';
import { countOf } from '../support/scripted-policy.ts';
import type { Findings } from './findings.ts';
import { type Listed, workflowsOf } from './histories.ts';
import type { ChaosWorld } from './world.ts';

/** What a run must have come to. */
export interface Expected {
  /** Rollouts that must be scored; null where some may have been cancelled. */
  readonly scored: number | null;
  /** Whether rollouts may fail and be replaced. */
  readonly mayFail?: boolean;
  /** Tool calls of the counting script, the fix included; null for rollouts of another script. */
  readonly turns: number | null;
  /** Reward of every scored rollout. */
  readonly reward: number;
}

/** Four rollouts that count three times, then fix their instance. */
export const COUNTED: Expected = { scored: 4, turns: 4, reward: 1 };

interface GroupLine {
  readonly group: number;
  readonly members: readonly { readonly rollout: string; readonly reward: number | null }[];
}

/** I1 and I4: one terminal record for each rollout, none in two groups, each effect once, no reward for a failure. */
export async function checkRecords(
  world: ChaosWorld,
  run: string,
  expected: Expected,
  findings: Findings,
): Promise<void> {
  const rollouts = (await workflowsOf(world, run)).filter(({ type }) => type === 'rollout');
  let scored = 0;
  for (const rollout of rollouts) {
    const record = await recordOf(world, run, rollout);
    if (record === null) findings.lose(`${rollout.workflowId} (${rollout.status}) has no record`);
    else {
      if (record.status === 'scored') scored++;
      checkRecord(record, expected, findings);
    }
  }
  if (expected.scored !== null && scored < expected.scored) {
    findings.lose(`${scored} rollouts scored of ${expected.scored}`);
  }
  const paths = new Set(rollouts.map(({ workflowId }) => trajectoryPath(run, workflowId)));
  for (const file of await world.artifacts.listRunFiles(run, 'trajectories')) {
    if (!paths.has(`trajectories/${file}`)) findings.double(`${file} is of no rollout`);
  }
  checkGroups(await groupsOf(world, run), findings);
}

async function recordOf(world: ChaosWorld, run: string, rollout: Listed): Promise<Trajectory | null> {
  const text = await world.artifacts.readRunFile(run, trajectoryPath(run, rollout.workflowId));
  return text === null ? null : (JSON.parse(text) as Trajectory);
}

function checkRecord(record: Trajectory, expected: Expected, findings: Findings): void {
  const { rollout, status, failure, reward, turns } = record;
  if (status === 'failed' && expected.mayFail !== true)
    findings.break(`${rollout} failed: ${failure?.type}: ${failure?.message}`);
  if (status === 'cancelled' && expected.scored !== null) findings.lose(`${rollout} was cancelled`);
  if (status === 'scored' && reward !== expected.reward) findings.break(`${rollout} earned ${reward}`);
  if (status !== 'scored' && reward !== null) findings.break(`${rollout} is ${status} and has a reward`);
  if (expected.turns === null) return;
  const calls = turns.filter((link) => link.kind === 'tool');
  for (const [i, call] of calls.slice(0, expected.turns - 1).entries()) {
    checkCount(`${rollout}, turn ${i + 1}`, i + 1, call.observation, findings);
  }
  if (status === 'scored' && calls.length !== expected.turns) {
    const said = `${rollout} has ${calls.length} tool calls of ${expected.turns}`;
    if (calls.length < expected.turns) findings.lose(said);
    else findings.double(said);
  }
}

/** Says what a counting command's answer tells of the effects before it. */
export function checkCount(where: string, k: number, observation: string, findings: Findings): void {
  if (observation.includes(countOf(k))) return;
  const counts = /counted (\d+) (\d+) (\d+) (\d*)/.exec(observation)?.slice(1).map(Number);
  const said = `${where} says ${JSON.stringify(observation.slice(0, 200))}, not ${countOf(k)}`;
  if (counts === undefined) findings.break(said);
  else if (counts.some((count) => count > k)) findings.double(said);
  else findings.lose(said);
}

async function groupsOf(world: ChaosWorld, run: string): Promise<readonly GroupLine[]> {
  const files = await world.artifacts.listRunFiles(run, 'groups');
  const texts = await Promise.all(files.map((file) => world.artifacts.readRunFile(run, `groups/${file}`)));
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as GroupLine]));
}

function checkGroups(groups: readonly GroupLine[], findings: Findings): void {
  const seen = new Map<string, number>();
  for (const { group, members } of groups) {
    for (const { rollout } of members) {
      // A replacement stands for its member: two attempts of one are the same work.
      const member = rollout.replace(/\.\d+$/, '');
      if (seen.has(member)) findings.double(`${rollout} is in groups ${seen.get(member)} and ${group}`);
      seen.set(member, group);
    }
  }
}
