import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { availableParallelism } from 'node:os';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import { currentCommit } from '../../test/chaos/ledger.ts';
import { readJsonLines } from '../../test/support/json-lines.ts';
import { PlatformWorld } from '../../test/support/platform-world.ts';
import type { Arm } from './arms.ts';
import { type Learned, appendRun, learnedOf, readLedger } from './ledger.ts';
import { type LearnOptions, readOptions, USAGE } from './options.ts';
import { writePage } from './page.ts';
import { runConfig } from './run-config.ts';

/*
 * `npm run learn`: trains over some seeds in each of some ways, evaluates before and after, and keeps what came of it.
 */

try {
  const options = readOptions(process.argv.slice(2));
  if (!options.onlyTable) await learn(options);
  await writePage(options.ledger);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(`\n${USAGE}`);
  process.exitCode = 1;
}

async function learn(options: LearnOptions): Promise<void> {
  const commit = currentCommit();
  // Before anything is trained: what a run came to would be lost for want of the folder that it is kept in.
  for (const folder of [options.home, dirname(options.ledger)]) mkdirSync(folder, { recursive: true });
  const world = await PlatformWorld.start({ home: options.home });
  process.on('SIGINT', () => void world.down().then(() => process.exit(130)));
  try {
    // Seed by seed, so that a comparison that was stopped early compares as many runs of each.
    for (let seed = 0; seed < options.seeds; seed++) {
      for (const arm of options.arms) {
        const isMade = readLedger(options.ledger).some((one) => one.arm === arm.name && one.seed === seed);
        if (isMade) continue;
        const learned = await learnOnce(world, options, arm, seed, commit);
        appendRun(options.ledger, learned);
        say(learned);
      }
    }
  } finally {
    await world.down();
  }
}

/** One run from its start, or from where it was left. */
async function learnOnce(
  world: PlatformWorld,
  options: LearnOptions,
  arm: Arm,
  seed: number,
  commit: string,
): Promise<Learned> {
  // Another ledger's runs may stand in the same store.
  const name = `${basename(options.ledger, '.jsonl')}-${arm.name}-${seed}`;
  const run = join(world.store, 'runs', name);
  const isThere = existsSync(run);
  const input = join(world.home, `${name}.json`);
  writeFileSync(input, JSON.stringify({ ...runConfig(options), ...arm.changes, seed }));
  const command = isThere ? ['--attach', name] : ['--config', input, '--run', name];
  const { code, stderr } = await world.steadfast(['run', ...command]);
  if (code !== 0) throw new Error(`run ${name}: ${stderr}`);
  const { startTime, closeTime } = await world.timesOf(name);
  const summary = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as RunSummary;
  const steps = readJsonLines(join(run, 'metrics.jsonl')) as readonly Record<string, number>[];
  return learnedOf(summary, steps, {
    arm: arm.name,
    seed,
    commit,
    at: closeTime,
    interrupted: isThere,
    seconds: Math.round((Date.parse(closeTime) - Date.parse(startTime)) / 1000),
  });
}

function say({ arm, seed, seconds, evaluations }: Learned): void {
  const sets = evaluations
    .filter(({ when }) => when === 'before')
    .map(({ set, reward }) => {
      const after = evaluations.find((one) => one.set === set && one.when === 'after');
      return `${set} ${reward.toFixed(3)} to ${after?.reward.toFixed(3) ?? '–'}`;
    });
  console.log(`${arm}, seed ${seed}: ${sets.join('; ')} (${seconds} s on ${availableParallelism()} cores)`);
}
