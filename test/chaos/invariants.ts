import { setTimeout as sleep } from 'node:timers/promises';
import { COUNTED, type Expected, checkRecords } from './check-records.ts';
import { Findings } from './findings.ts';
import { type ActivityRun, type Events, activitiesOf, eventsOf, workflowsOf } from './histories.ts';
import { WITHIN_MS, leftoversOf, worldLeftovers } from './leftovers.ts';
import { secretsInFiles, secretsInHistories } from './secrets.ts';
import { oversized } from './sizes.ts';
import { tell } from './story.ts';
import type { ChaosWorld } from './world.ts';

/** What a check of a run looked at. */
export interface CheckedRun {
  readonly findings: Findings;
  /** Histories of its rollouts. */
  readonly histories: readonly Events[];
  /** From the run's end until nothing of it was left. */
  readonly cleanSeconds: number;
}

/** Checks the invariants of a run that has ended: records (I1, I4), bounds (I7), secrets (I8), then leftovers (I3). */
export async function checkRun(
  world: ChaosWorld,
  run: string,
  expected: Expected = COUNTED,
): Promise<CheckedRun> {
  const endedAt = Date.now();
  const left = await leftoversOf(world, run);
  const cleanSeconds = (Date.now() - endedAt) / 1000;
  const findings = await recordsOf(world, run, expected, endedAt + WITHIN_MS);
  tell(`nothing of ${run} was left after ${cleanSeconds} s`);
  for (const what of left) findings.leak(what);
  const histories: Events[] = [];
  for (const { workflowId, type, status } of await workflowsOf(world, run)) {
    if (status === 'RUNNING' && (await isOpen(world, workflowId))) findings.leak(`${workflowId} still runs`);
    if (type !== 'rollout') continue;
    const events = await eventsOf(world, workflowId);
    histories.push(events);
    tellRepeats(workflowId, activitiesOf(events));
    if (expected.turns !== null) checkSampling(workflowId, activitiesOf(events), expected.turns, findings);
    for (const what of oversized(workflowId, events)) findings.break(what);
  }
  for (const what of await secretsInHistories(world, run)) findings.break(`a secret in the ${what}`);
  return { findings, histories, cleanSeconds };
}

/** What the server knows itself: its lists are written later, and much later where its disk was full meanwhile. */
async function isOpen(world: ChaosWorld, workflowId: string): Promise<boolean> {
  const { status } = await world.client.workflow.getHandle(workflowId).describe();
  return status.name === 'RUNNING';
}

/** Tells of the activities that were made more than once, or took long for what they are. */
function tellRepeats(workflowId: string, activities: readonly ActivityRun[]): void {
  for (const { name, attempt, scheduledAt, startedAt, endedAt } of activities) {
    if (attempt === 1 && endedAt !== null && endedAt - scheduledAt < 10_000) continue;
    const started =
      startedAt === null ? 'never started' : `started after ${(startedAt - scheduledAt) / 1000} s`;
    const ended = endedAt === null ? 'never ended' : `ended after ${(endedAt - scheduledAt) / 1000} s`;
    tell(`${workflowId}: ${name}, attempt ${attempt}, ${started}, ${ended}`, scheduledAt);
  }
}

/** A turn is sampled once, however often its activity is tried: none begins again at an earlier turn. */
function checkSampling(
  workflowId: string,
  activities: readonly ActivityRun[],
  turns: number,
  findings: Findings,
): void {
  const sampled = activities.filter(({ name, completed }) => name === 'sampleTurn' && completed).length;
  if (sampled > turns + 1) findings.double(`${workflowId} sampled ${sampled} turns of ${turns + 1}`);
}

/** Looks at the records until nothing is missing, or the time is over: reapers write those of terminated rollouts. */
async function recordsOf(
  world: ChaosWorld,
  run: string,
  expected: Expected,
  until: number,
): Promise<Findings> {
  for (;;) {
    const findings = new Findings();
    await checkRecords(world, run, expected, findings);
    if (findings.lost === 0 || Date.now() > until) return findings;
    await sleep(500);
  }
}

/** Ends a world that a session started; throws an Error that says what was left in it. */
export async function closeChecked(world: ChaosWorld): Promise<void> {
  const left = await checkWorld(world);
  await world.close();
  if (left.broken.length > 0) throw new Error(`at the end of the session: ${left.broken.join('; ')}`);
}

/** Checks a world whose runs have all ended, its workers still up: nothing left, no secret in any file. */
export async function checkWorld(world: ChaosWorld): Promise<Findings> {
  const findings = new Findings();
  for (const what of await worldLeftovers(world)) findings.leak(what);
  for (const file of await secretsInFiles(world)) findings.break(`a secret in ${file}`);
  return findings;
}
