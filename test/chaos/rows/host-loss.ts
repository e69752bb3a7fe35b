import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { COUNTED } from '../check-records.ts';
import { activitiesOf } from '../histories.ts';
import { sandboxesOf } from '../leftovers.ts';
import { runRow } from '../session.ts';
import { type ChaosWorld } from '../world.ts';
import { TWO_HOSTS } from '../worlds.ts';

const ROLLOUTS = 32;

/** One of two sandbox hosts dies with all it holds; it is back when the run is over. */
export const hostLoss = runRow({
  name: 'host-loss',
  title: 'one of two sandbox hosts lost for good, in the middle of 32 rollouts',
  tries: 20,
  short: 1,
  world: TWO_HOSTS,
  run: { rollouts_per_instance: ROLLOUTS / 2, concurrency: ROLLOUTS },
  expected: { ...COUNTED, scored: ROLLOUTS },
  async inject({ world, run, draws }) {
    const host = draws.pick(['a', 'b']);
    const home = world.homes.get(host) ?? '';
    const ended = run.closed().then(
      () => true,
      () => true,
    );
    // In the middle, however loaded the machine is: when a good part of the rollouts has sandboxes there that were used.
    while ((await used(home)) < ROLLOUTS / 4) {
      if (await Promise.race([ended, sleep(20, false)])) return `host ${host} had too few sandboxes`;
    }
    await sleep(draws.between(0, 1000));
    const diedAt = Date.now();
    const comeBack = await loseHost(world, host);
    try {
      await run.closed();
    } finally {
      await comeBack();
    }
    return (histories) => {
      const moved = histories.flatMap((events) => {
        const opened = activitiesOf(events).filter(({ name }) => name === 'openSandbox');
        return opened.slice(1).flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt - diedAt]));
      });
      return moved.length === 0 ? null : Math.max(...moved) / 1000;
    };
  },
});

/** Sandboxes of a home in which a command has ended. */
async function used(home: string): Promise<number> {
  const folders = await readdir(sandboxesOf(home)).catch(() => []);
  const calls = folders.map(
    async (name) => await readdir(join(sandboxesOf(home), name, 'calls')).catch(() => []),
  );
  return (await Promise.all(calls)).filter((kept) => kept.length > 0).length;
}

/** Ends a host's worker and every process of its sandboxes, and puts its folders out of reach; the answer brings it back. */
export async function loseHost(world: ChaosWorld, host: string): Promise<() => Promise<void>> {
  const name = `sandbox-${host}`;
  const home = world.homes.get(host) ?? '';
  world.process(name).immortal = false;
  await world.kill(name);
  // One that was being started when the others were found would go on, and make folders in the host's place.
  for (let left = await pidsOf(home); left.length > 0; left = await pidsOf(home)) left.forEach(kill);
  await rename(home, `${home}.lost`);
  return async () => {
    await rename(`${home}.lost`, home);
    world.process(name).immortal = true;
    await world.start(name);
  };
}

/** Supervisors and commands of a home's sandboxes: those that name it, and those below them. */
async function pidsOf(home: string): Promise<readonly number[]> {
  const uids = new Set<string>();
  for (const uid of await readdir('/run/steadfast-uids').catch(() => [])) {
    const folder = await readFile(join('/run/steadfast-uids', uid), 'utf8').catch(() => '');
    if (folder.startsWith(`${home}/`)) uids.add(uid);
  }
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((one) => /^\d+$/.test(one))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1] ?? '';
    if (command.includes(`${home}/`) || uids.has(uid)) found.push(Number(pid));
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
