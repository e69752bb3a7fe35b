import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { trajectoryPath } from '../src/domain/ids.ts';
import type { Trajectory } from '../src/domain/trajectory.ts';
import { activitiesOf, eventsOf, msOf, workflowsOf } from '../test/chaos/histories.ts';
import { drawsOf } from '../test/chaos/random.ts';
import { ChaosWorld } from '../test/chaos/world.ts';

/*
 * Goodput: seconds of activities that ended up in a trajectory, by all seconds of activities, when a share of the
 * rollouts is ended at a random moment and replaced; against a run without failures in the same world.
 * `node bench/goodput.ts [--rollouts 100] [--failures 0.1]`; exits with 1 below 0.9 at 0.1.
 */

const { values } = parseArgs({
  options: {
    rollouts: { type: 'string', default: '100' },
    failures: { type: 'string', default: '0.1' },
  },
});
const INSTANCES = 4;
const size = Math.max(1, Math.round(Number(values.rollouts) / INSTANCES));
const share = Number(values.failures);

const world = await ChaosWorld.start();
try {
  await world.run({ num_instances: INSTANCES });
  for (const failing of [0, share]) {
    const { useful, worked, ended, rollouts } = await measure(failing);
    const goodput = useful / worked;
    console.log(
      `${ended} of ${rollouts} rollouts ended early: ${useful.toFixed(1)} s of ${worked.toFixed(1)} s worked ` +
        `are in trajectories: goodput ${goodput.toFixed(3)}`,
    );
    if (goodput < 0.9 && failing <= 0.1) process.exitCode = 1;
  }
} finally {
  await world.close();
}

async function measure(failing: number) {
  const run = await world.begin({ num_instances: INSTANCES, rollouts_per_instance: size });
  const closed = run.closed().then(() => true);
  const seen = new Set<string>();
  const ended = new Set<string>();
  const draws = drawsOf(1);
  // One that runs is drawn whenever fewer than the share of those begun have been ended, at whatever moment it is in.
  while (!(await Promise.race([closed, sleep(200, false)]))) {
    const rollouts = (await workflowsOf(world, run.run)).filter(({ type }) => type === 'rollout');
    for (const { workflowId } of rollouts) seen.add(workflowId);
    const running = rollouts.filter(
      ({ status, workflowId }) => status === 'RUNNING' && !ended.has(workflowId),
    );
    const [first, ...others] = running.map(({ workflowId }) => workflowId);
    if (first === undefined || ended.size + 1 > failing * seen.size) continue;
    const doomed = draws.pick([first, ...others]);
    // It may have ended by itself meanwhile.
    const handle = world.client.workflow.getHandle(doomed);
    await handle.terminate('bench').then(
      () => ended.add(doomed),
      () => undefined,
    );
  }
  await run.result();
  return { ...(await secondsOf(run.run)), ended: ended.size };
}

/** Seconds of activities of a run's rollouts: all, and those of rollouts that were scored. */
async function secondsOf(run: string): Promise<{ useful: number; worked: number; rollouts: number }> {
  let [useful, worked, rollouts] = [0, 0, 0];
  for (const { workflowId, type } of await workflowsOf(world, run)) {
    if (type !== 'rollout') continue;
    rollouts++;
    const text = await world.artifacts.readRunFile(run, trajectoryPath(run, workflowId));
    const scored = text !== null && (JSON.parse(text) as Trajectory).status === 'scored';
    const events = await eventsOf(world, workflowId);
    const closedAt = msOf(events.at(-1)?.eventTime);
    for (const { scheduledAt, startedAt, endedAt, completed } of activitiesOf(events)) {
      const end = endedAt ?? closedAt;
      // What came before the attempt that counts was worked for nothing.
      worked += (end - scheduledAt) / 1000;
      if (scored && completed && startedAt !== null) useful += (end - startedAt) / 1000;
    }
  }
  return { useful, worked, rollouts };
}
