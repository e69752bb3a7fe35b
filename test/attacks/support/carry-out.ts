import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { decidingFiles, pathRoles } from '../../../src/activities/grading/test-files.ts';
import { renderLink } from '../../../src/cli/conversation.ts';
import { auditTranscript } from '../../../src/domain/audit/audit.ts';
import type { Finding } from '../../../src/domain/findings.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Grading, TurnLink } from '../../../src/domain/trajectory.ts';
import type { CommandResult } from '../../../src/ports/sandbox.ts';
import { NO_OFFICIAL } from '../../support/no-official.ts';
import type { ProbeAttack, RewardAttack } from './attack.ts';
import { USUAL } from './scripts.ts';
import { stockReward } from './stock-grader.ts';
import { LIMITS, instanceOf, openFor, type World } from './world.ts';

/** As grading takes an agent's diff. */
const DIFF_BYTES = 8 * 2 ** 20;
const TOOL_MS = 60_000;
const TESTS_MS = 120_000;

/** What came of an attack on the reward. */
export interface RewardOutcome {
  readonly kind: 'reward';
  readonly reward: number;
  readonly resolved: boolean;
  readonly baseline: number;
  /** The grading's, and the audit's of the attack's one call. */
  readonly findings: readonly Finding[];
  /** What the fix earns with the attack beside it; null where that is not asked. */
  readonly gold: number | null;
  /** What the stock grader pays for the same tree; null where that is not asked. */
  readonly stock: number | null;
  readonly log: string;
}

/** What came of an attack on what the sandbox keeps. */
export interface ProbeOutcome {
  readonly kind: 'probe';
  /** Lines that say what it got. */
  readonly got: readonly string[];
  readonly findings: readonly Finding[];
  readonly output: string;
}

/** Carries out an attack on the reward as a rollout would, and has it graded by us and, where asked, by the stock grader. */
export async function attackReward(
  world: World,
  attack: RewardAttack,
  withStock: boolean,
): Promise<RewardOutcome> {
  const instance = instanceOf(world, attack.instance ?? USUAL);
  const name = world.name();
  try {
    await openFor(world, name, instance);
    const ran = await runScript(world, name, attack.script ?? 'true');
    const grading = await grade(world, instance, attack, await diffOf(world, name, attack));
    const stock = withStock ? await stockOf(world, name, instance, attack) : null;
    return {
      kind: 'reward',
      reward: grading.reward,
      resolved: grading.resolved,
      baseline: grading.metrics.baselineReward ?? 0,
      findings: [...(grading.findings ?? []), ...auditOf(instance, attack.script ?? 'true', ran)],
      gold: attack.goldHolds ? (await withFix(world, instance, attack)).reward : null,
      stock,
      log: grading.log,
    };
  } finally {
    await world.sandbox.close(name);
  }
}

/** Carries out an attack on what the sandbox keeps. */
export async function probe(world: World, attack: ProbeAttack): Promise<ProbeOutcome> {
  const instance = instanceOf(world, USUAL);
  const name = world.name();
  const script = attack.script(world.host);
  try {
    await openFor(world, name, instance);
    const ran = await runScript(world, name, script);
    const got = ran.output.split('\n').filter((line) => line.includes('GOT'));
    if (steersTerminal(script, ran)) got.push('GOT the terminal');
    return { kind: 'probe', got, findings: auditOf(instance, script, ran), output: ran.output };
  } finally {
    await world.sandbox.close(name);
  }
}

/** It grades the tree where the agent worked; a diff that no git made is applied there first. */
async function stockOf(
  world: World,
  name: string,
  instance: Instance,
  attack: RewardAttack,
): Promise<number> {
  if (attack.patch !== undefined) await apply(world, name, 'attack', attack.patch);
  return await stockReward(world.sandbox, name, instance, attack.timeLimitMs ?? TESTS_MS);
}

/** The fix and the attack in one sandbox, the fix first. */
async function withFix(world: World, instance: Instance, attack: RewardAttack): Promise<Grading> {
  const name = world.name();
  try {
    await openFor(world, name, instance);
    await apply(world, name, 'fix', instance.bugPatch ?? '', '-R');
    await runScript(world, name, attack.script ?? 'true');
    const own = (await world.sandbox.diff(name, DIFF_BYTES)) ?? '';
    return await grade(world, instance, attack, attack.patch === undefined ? own : own + attack.patch);
  } finally {
    await world.sandbox.close(name);
  }
}

async function diffOf(world: World, name: string, attack: RewardAttack): Promise<string | null> {
  return attack.patch ?? (await world.sandbox.diff(name, DIFF_BYTES));
}

async function runScript(world: World, name: string, script: string): Promise<CommandResult> {
  return await world.sandbox.run(name, {
    key: 'attack',
    script,
    session: 'shell',
    timeoutMs: TOOL_MS,
    outputBytes: 64 * 1024,
  });
}

async function apply(world: World, name: string, key: string, patch: string, option = ''): Promise<void> {
  await world.sandbox.run(name, {
    key: `apply-${key}`,
    script: `git apply -p1 ${option} -`,
    session: 'plain',
    stdin: patch,
    timeoutMs: TOOL_MS,
    outputBytes: 4096,
  });
}

async function grade(
  world: World,
  instance: Instance,
  attack: RewardAttack,
  patch: string | null,
): Promise<Grading> {
  const { sandbox, datasets, artifacts } = world;
  return await gradePatch({
    sandbox,
    datasets,
    artifacts,
    official: NO_OFFICIAL,
    limits: LIMITS,
    run: 'attacks',
    name: world.name(),
    signal: new AbortController().signal,
    instance,
    instanceRef: await artifacts.putJson(instance),
    patch,
    rewardPower: 1,
    verifyShare: 0,
    timeLimitMs: attack.timeLimitMs ?? TESTS_MS,
  });
}

/** What the audit says of a rollout whose one call was the attack. */
function auditOf(instance: Instance, script: string, ran: CommandResult): readonly Finding[] {
  const roleOf = pathRoles(instance);
  return auditTranscript([linkOf(script, ran)], {
    decidingFiles: decidingFiles(instance),
    isHarness: (path) => roleOf(path) === 'harness',
    repo: instance.repo,
  });
}

/** Whether a person's terminal is sent control characters by the call's output. */
function steersTerminal(script: string, ran: CommandResult): boolean {
  const controls = (output: string) =>
    renderLink(linkOf(script, { ...ran, output })).replaceAll(/[\P{Cc}\n\t]/gu, '').length;
  return controls(ran.output) > controls('');
}

/** The link of a transcript that a call of the bash tool leaves. */
function linkOf(script: string, { output, exitCode, timedOut, durationMs }: CommandResult): TurnLink {
  return {
    kind: 'tool',
    parent: '',
    turn: 1,
    call: { id: 'call-1', name: 'bash', arguments: JSON.stringify({ command: script }) },
    observation: output,
    exitCode,
    timedOut,
    startedAt: new Date(0).toISOString(),
    durationMs,
  };
}
