import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withTable } from '../support/marked-table.ts';
import { appendTry, currentCommit, readLedger, seedsToTry, survived } from './ledger.ts';
import { type ChaosOptions, readOptions, USAGE } from './options.ts';
import type { Row } from './row.ts';
import { allRows } from './rows/index.ts';
import { SharedWorlds } from './shared-worlds.ts';
import { beginStory } from './story.ts';
import { tableOf } from './table.ts';
import { type Tried, tryRow } from './try-row.ts';

/*
 * The chaos suite: `npm run chaos`. Each try injects one fault at a moment that its seed decides and checks the
 * invariants. Tries are kept in a ledger, so it may be stopped (SIGINT lets the try in hand end) and go on any day.
 */

const PAGE = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));

async function main(): Promise<boolean> {
  const known = await allRows();
  const options = readOptions(process.argv.slice(2), known);
  if (options.action === 'list') {
    for (const { name, tries, title } of known)
      console.log(`${name.padEnd(28)} ${String(tries).padStart(6)}  ${title}`);
    return true;
  }
  if (options.action === 'table') {
    const table = tableOf(known, readLedger(options.ledger));
    writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), 'npm run chaos -- --table', table));
    return true;
  }
  return await tryAll(options);
}

async function tryAll(options: ChaosOptions): Promise<boolean> {
  const commit = currentCommit();
  const until = options.minutes === null ? Infinity : Date.now() + options.minutes * 60_000;
  let stopped = false;
  process.on('SIGINT', () => {
    console.log(stopped ? 'still ending the try in hand' : 'ending after the try in hand');
    stopped = true;
  });
  const goOn = () => !stopped && Date.now() < until;
  if (options.seed !== null) beginStory();
  let clean = true;
  const worlds = new SharedWorlds();
  for (const row of options.rows) {
    if (!goOn()) break;
    const { seed } = options;
    const ledger = readLedger(options.ledger);
    const seeds =
      seed === null
        ? seedsToTry(ledger, {
            row: row.name,
            commit,
            tries: options.tries ?? row.tries,
            shard: options.shard,
          })
        : [seed];
    const problem = await tryRow(worlds.share(row), seeds, goOn, (tried) => {
      clean &&= survived(tried.outcome);
      say(row, tried);
      const { seconds, outcome } = tried;
      if (seed !== null) return;
      const at = new Date().toISOString();
      appendTry(options.ledger, { row: row.name, seed: tried.seed, commit, at, seconds, ...outcome });
    });
    if (problem !== '') console.log(`${row.name}: ${problem}`);
    clean &&= problem === '';
  }
  const broken = await worlds.broken();
  if (broken.length > 0) console.log(`at the end: ${broken.join('; ')}`);
  await worlds.close();
  return clean && broken.length === 0;
}

function say(row: Row, { seed, seconds, outcome }: Tried): void {
  const { broken, recoverySeconds } = outcome;
  const recovered = recoverySeconds === null ? '' : `, went on after ${recoverySeconds.toFixed(1)} s`;
  const how = survived(outcome) ? 'survived' : `NOT SURVIVED: ${broken}`;
  console.log(`${row.name} seed ${seed}: ${how} (${seconds.toFixed(1)} s${recovered})`);
}

main().then(
  (clean) => process.exit(clean ? 0 : 1),
  (error: unknown) => {
    console.error(`chaos: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(1);
  },
);
