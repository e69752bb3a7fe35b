import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Trajectory } from '../src/domain/trajectory.ts';
import { checkRecords } from '../test/chaos/check-records.ts';
import { Findings } from '../test/chaos/findings.ts';
import { checkWorld } from '../test/chaos/invariants.ts';
import { percentile } from '../test/chaos/percentile.ts';
import { ProcessorTime } from './processor-time.ts';
import { type Draws, drawsOf } from '../test/chaos/random.ts';
import { ChaosWorld } from '../test/chaos/world.ts';

/*
 * A long run under faults: `node bench/soak.ts [--rollouts 2000] [--every 15] [--seed 1]`. A random fault about every
 * `--every` seconds (0: none). Prints the speed of each tenth and what it took of the processors, the memory of each
 * process at start, middle and end, and what the invariants say; exits with 1 when something is lost, doubled or leaked.
 */

const { values } = parseArgs({
  options: {
    rollouts: { type: 'string', default: '2000' },
    every: { type: 'string', default: '15' },
    seed: { type: 'string', default: '1' },
  },
});
const [INSTANCES, GROUP] = [10, 4];
const epochs = Math.max(1, Math.round(Number(values.rollouts) / (INSTANCES * GROUP)));
const rollouts = epochs * INSTANCES * GROUP;
const every = Number(values.every);
const draws = drawsOf(Number(values.seed));
const coming = faultsOf(draws);

const world = await ChaosWorld.start();
const memory: { readonly when: string; readonly bytes: ReadonlyMap<string, number> }[] = [];
const faults: { readonly what: string; readonly at: number }[] = [];
const processors = new ProcessorTime();
try {
  const fields = { num_instances: INSTANCES, rollouts_per_instance: GROUP, concurrency: 8 };
  await world.run(fields);
  const run = await world.begin({ ...fields, epochs }, 24 * 3600 * 1000);
  const closed = run.closed();
  const over = closed.then(() => true);
  memory.push({ when: 'start', bytes: memoryOf() });
  let nextFault = Date.now() + every * 1000;
  while (!(await Promise.race([over, sleep(1000, false)]))) {
    processors.look(world);
    const done = (await world.artifacts.listRunFiles(run.run, 'trajectories')).length;
    if (memory.length === 1 && done >= rollouts / 2) memory.push({ when: 'middle', bytes: memoryOf() });
    if (every === 0 || Date.now() < nextFault) continue;
    const at = Date.now();
    faults.push({ what: await fault(draws, coming.next().value), at });
    nextFault = Date.now() + every * 1000 * draws.between(0.5, 1.5);
  }
  memory.push({ when: 'end', bytes: memoryOf() });
  console.log(`${rollouts} rollouts, ${faults.length} faults, the run is ${await closed}`);
  await report(run.run);
} finally {
  await world.close();
}

/**
 * The faults of a round in a random order: what they cost differs by process, and a stretch of the run that drew the dear
 * ones would look slow.
 */
function* faultsOf(by: Draws): Generator<readonly [name: string, how: string], never> {
  const names = ['sandbox-a', 'model', 'sandbox-a', 'records', 'workflows', 'temporal'];
  const hows = ['kill', 'terminate', 'freeze'];
  for (let round = 0; ; round++) {
    const left = names.map((name, i) => [name, hows[(round + i) % hows.length] ?? 'kill'] as const);
    while (left.length > 0) {
      const [one] = left.splice(Math.floor(by.next() * left.length), 1);
      if (one !== undefined) yield one[0] === 'temporal' ? ['temporal', 'kill'] : one;
    }
  }
}

async function fault(by: Draws, [name, how]: readonly [name: string, how: string]): Promise<string> {
  if (how === 'kill') {
    await world.kill(name);
    if (name === 'temporal') await sleep(by.between(1000, 5000));
  } else if (how === 'terminate') await world.terminate(name);
  else {
    world.stop(name);
    await sleep(4000);
    world.cont(name);
  }
  await world.respawn(name);
  return `${how} ${name}`;
}

async function report(run: string): Promise<void> {
  const files = await world.artifacts.listRunFiles(run, 'trajectories');
  const times: { readonly start: number; readonly end: number }[] = [];
  for (const file of files) {
    const text = await world.artifacts.readRunFile(run, `trajectories/${file}`);
    if (text === null) continue;
    const { startedAt, endedAt } = JSON.parse(text) as Trajectory;
    times.push({ start: Date.parse(startedAt), end: Date.parse(endedAt) });
  }
  times.sort((a, b) => a.end - b.end);
  const tenth = Math.floor(times.length / 10);
  const medians = Array.from({ length: 10 }, (_, i) => {
    const part = times.slice(i * tenth, (i + 1) * tenth);
    const [from = 0, to = 0] = [part[0]?.end, part.at(-1)?.end];
    const during = faults.filter(({ at }) => at >= from && at < to).length;
    const speed = ((part.length - 1) * 1000) / Math.max(1, to - from);
    const took = percentile(
      part.map(({ start, end }) => (end - start) / 1000),
      0.5,
    );
    console.log(
      `tenth ${i + 1}: ${speed.toFixed(2)} rollouts a second, half of them within ${took?.toFixed(2)} s, ${during} faults`,
    );
    console.log(`  processor seconds: ${processors.between(from, to)}`);
    return took;
  });
  const [first, last] = [medians[0] ?? 0, medians.at(-1) ?? 0];
  // Most rollouts meet no fault, so this hardly depends on how many faults a tenth had, as its rollouts a second do.
  console.log(
    `by the median rollout the last tenth ran at ${((first / last) * 100).toFixed(0)}% of the first's speed`,
  );
  for (const name of world.names) {
    const shown = memory.map(
      ({ when, bytes }) => `${when} ${((bytes.get(name) ?? 0) / 2 ** 20).toFixed(0)} MiB`,
    );
    console.log(`memory of ${name.padEnd(10)} ${shown.join(', ')}`);
  }
  const findings = new Findings();
  await checkRecords(world, run, { scored: rollouts, turns: 4, reward: 1 }, findings);
  const left = await checkWorld(world);
  const broken = [...findings.broken, ...left.broken];
  console.log(`lost ${findings.lost}, doubled ${findings.doubled}, leaked ${left.leaked}`);
  for (const what of broken) console.log(`  ${what}`);
  if (broken.length > 0) process.exitCode = 1;
}

/** Resident bytes of every process that runs. */
function memoryOf(): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const name of world.names) {
    const { pid } = world.process(name);
    if (pid === null) continue;
    const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    found.set(name, Number(kib) * 1024);
  }
  return found;
}
