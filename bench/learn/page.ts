import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { withTable } from '../../test/support/marked-table.ts';
import { REWARD_ARMS, STALENESS_ARMS } from './arms.ts';
import { readLedger } from './ledger.ts';
import { setsPicture, stepsPicture } from './picture.ts';
import { tableOf, timesOf } from './table.ts';

const COMMAND = 'npm run learn -- --table';
const TIMES = `${COMMAND}, times`;

/** Writes tables and pictures of what a ledger holds beside it: of `x.jsonl` into `x.md`, whose own words stay. */
export async function writePage(ledgerPath: string): Promise<void> {
  const ledger = readLedger(ledgerPath);
  if (ledger.length === 0) return;
  const base = ledgerPath.slice(0, -'.jsonl'.length);
  const drawn = Object.entries({ reward: REWARD_ARMS, staleness: STALENESS_ARMS }).filter(([, arms]) =>
    ledger.some(({ arm }) => arms.some((one) => one.name === arm)),
  );
  for (const [name, arms] of drawn) {
    writeFileSync(`${base}-${name}.svg`, await stepsPicture(arms, ledger));
    writeFileSync(`${base}-${name}-sets.svg`, await setsPicture(arms, ledger));
  }
  const page = `${base}.md`;
  const before = existsSync(page)
    ? readFileSync(page, 'utf8')
    : emptyPage(drawn.map(([name]) => `${basename(base)}-${name}`));
  writeFileSync(page, withTable(withTable(before, COMMAND, tableOf(ledger)), TIMES, timesOf(ledger)));
}

function emptyPage(pictures: readonly string[]): string {
  const shown = pictures.map(
    (name) => `![Mean reward by step](${name}.svg)\n\n![Change by set](${name}-sets.svg)\n`,
  );
  return `# Does it learn?

${shown.join('\n')}
<!-- table: ${COMMAND} -->
<!-- end of table -->

<!-- table: ${TIMES} -->
<!-- end of table -->
`;
}
