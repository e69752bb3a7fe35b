import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trajectory } from '../../../src/domain/trajectory.ts';
import { COUNTED, checkCount } from '../check-records.ts';
import type { Findings } from '../findings.ts';
import { workflowsOf } from '../histories.ts';
import type { Draws } from '../random.ts';
import type { StartedRun } from '../started-run.ts';
import { oneRunRow } from '../support/one-run.ts';
import type { ChaosWorld } from '../world.ts';

/** A rollout that needs what is gone fails by one of these; others go on. */
const TYPED = /failed: Artifact\.(Missing|Corrupt)/;
/** Tool calls of a whole rollout. */
const CALLS = 4;
/** About what a run takes. */
const RUN_MS = 2500;

/** Blobs that are not what they were when somebody reads them. */
export const artifactRow = oneRunRow({
  name: 'artifact-damaged',
  title: 'an artifact lost or changed on disk',
  tries: 30,
  short: 2,
  parallel: 4,
  world: {},
  plan: async (world, draws) => ({
    // A record of what is left of a damaged transcript holds what it can; only whole ones are counted.
    expected: { ...COUNTED, scored: null, turns: null },
    excused: TYPED,
    excusesEnd: async (run) => await neverBegan(world, run),
    during: async (run) => await damageOne(world, run, draws),
    recovery: () => null,
    more: async (run, findings) => {
      const records = await recordsOf(world, run.run);
      for (const record of records) if (record.status === 'scored') checkScored(record, findings);
      const last = records.at(-1);
      if (last === undefined) {
        if (!(await neverBegan(world, run))) findings.lose('the run has no record');
      } else if (last.status !== 'scored' && !TYPED.test(`failed: ${last.failure?.type}`)) {
        findings.break(`${last.rollout} ended as ${last.status}: ${last.failure?.type}`);
      }
    },
  }),
});

/** Whether the run failed, by what was damaged, before there was a rollout: a slow one has only its config then. */
async function neverBegan(world: ChaosWorld, run: StartedRun): Promise<boolean> {
  const workflows = await workflowsOf(world, run.run);
  return workflows.every(({ type }) => type !== 'rollout') && TYPED.test(`failed: ${await run.failure()}`);
}

/**
 * A scored record tells of every turn as it was: nothing that was damaged went into it. Where a turn was damaged after
 * its reward was known the record says so, and nobody trains on it.
 */
function checkScored({ rollout, turns, metrics, trainable }: Trajectory, findings: Findings): void {
  if (metrics['transcriptDamaged'] === 1) {
    if (trainable) findings.break(`${rollout} has a damaged transcript and may be trained on`);
    return;
  }
  const calls = turns.filter((link) => link.kind === 'tool');
  if (calls.length !== CALLS) findings.lose(`${rollout} is scored and tells of ${calls.length} calls`);
  for (const [i, { observation }] of calls.slice(0, CALLS - 1).entries()) {
    checkCount(`${rollout}, turn ${i + 1}`, i + 1, observation, findings);
  }
}

/** Damages a random blob that this run, or one beside it, has written. */
async function damageOne(world: ChaosWorld, run: StartedRun, draws: Draws): Promise<void> {
  await sleep(draws.next() * RUN_MS);
  const blobs = await blobsSince(world, run.startedAt);
  const [first, ...others] = blobs;
  if (first === undefined) return;
  const path = draws.pick([first, ...others]);
  const content = await readFile(path).catch(() => Buffer.alloc(0));
  const at = Math.floor(draws.next() * content.length);
  const changed = Buffer.from(content);
  changed[at] = (changed[at] ?? 0) ^ 1;
  switch (draws.pick(['lost', 'cut', 'changed', 'emptied'])) {
    case 'lost':
      return await rm(path, { force: true });
    case 'cut':
      return await writeFile(path, content.subarray(0, at));
    case 'changed':
      return await writeFile(path, changed);
    case 'emptied':
      return await writeFile(path, '');
  }
}

async function blobsSince(world: ChaosWorld, since: number): Promise<readonly string[]> {
  const folder = join(world.store, 'blobs');
  const names = (await readdir(folder, { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name));
  const young = await Promise.all(
    names.toSorted().map(async (name) => {
      const info = await stat(join(folder, name)).catch(() => null);
      return info !== null && info.mtimeMs >= since ? [join(folder, name)] : [];
    }),
  );
  return young.flat();
}

/** The records of a run's rollouts, the last attempt last. */
async function recordsOf(world: ChaosWorld, run: string): Promise<readonly Trajectory[]> {
  const files = await world.artifacts.listRunFiles(run, 'trajectories');
  const texts = await Promise.all(
    files.map((file) => world.artifacts.readRunFile(run, `trajectories/${file}`)),
  );
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Trajectory]));
}
