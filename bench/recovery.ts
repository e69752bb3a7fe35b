import { parseArgs } from 'node:util';
import {
  activitiesOf,
  activityRecovery,
  type Events,
  eventsOf,
  workflowsOf,
} from '../test/chaos/histories.ts';
import { percentile } from '../test/chaos/percentile.ts';
import { drawsOf } from '../test/chaos/random.ts';
import { ChaosWorld } from '../test/chaos/world.ts';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * How long work stands still after kill -9 of the sandbox worker, and how much of it is done again: with dead workers
 * noticed within 2 s and, as the baseline, within 20 s, in turns in one world. `node bench/recovery.ts [--kills 20]`.
 */

const { values } = parseArgs({ options: { kills: { type: 'string', default: '20' } } });
const kills = Number(values.kills);
const HEARTBEATS = [2, 20] as const;
/** From a run's start; most of its activities are under way by then, and none has ended. */
const WINDOW_MS = [400, 1800] as const;

interface Kill {
  readonly recovery: number | null;
  /** Activities made again, of all rollouts and of the one with most. */
  readonly repeated: number;
  readonly most: number;
}

const world = await ChaosWorld.start();
try {
  await world.run();
  const found = new Map<number, Kill[]>(HEARTBEATS.map((seconds) => [seconds, []]));
  for (let seed = 1; seed <= kills; seed++) {
    for (const seconds of HEARTBEATS) found.get(seconds)?.push(await killOnce(seconds, seed));
  }
  for (const [seconds, all] of found) {
    const recovery = all.flatMap((one) => (one.recovery === null ? [] : [one.recovery]));
    const repeated = all.reduce((sum, one) => sum + one.repeated, 0);
    console.log(
      `heartbeat ${String(seconds).padStart(2)} s: ${recovery.length} of ${all.length} kills broke work off; ` +
        `work went on after p50 ${shown(percentile(recovery, 0.5))}, p95 ${shown(percentile(recovery, 0.95))}; ` +
        `${(repeated / all.length).toFixed(1)} activities of 4 rollouts repeated a kill, ` +
        `at most ${Math.max(...all.map(({ most }) => most))} of one rollout`,
    );
  }
} finally {
  await world.close();
}

async function killOnce(heartbeatSeconds: number, seed: number): Promise<Kill> {
  const run = await world.begin({ heartbeat_seconds: heartbeatSeconds });
  await sleep(drawsOf(seed).between(...WINDOW_MS));
  const killedAt = Date.now();
  await world.kill('sandbox-a');
  await world.respawn('sandbox-a');
  await run.result();
  const rollouts = (await workflowsOf(world, run.run)).filter(({ type }) => type === 'rollout');
  const histories: Events[] = [];
  for (const { workflowId } of rollouts) histories.push(await eventsOf(world, workflowId));
  const counts = histories.map((events) => activitiesOf(events).filter(({ attempt }) => attempt > 1).length);
  return {
    recovery: activityRecovery(histories, killedAt),
    repeated: counts.reduce((sum, count) => sum + count, 0),
    most: Math.max(0, ...counts),
  };
}

function shown(seconds: number | null): string {
  return seconds === null ? 'none' : `${seconds.toFixed(1)} s`;
}
