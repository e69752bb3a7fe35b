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
  const pictures = { reward: REWARD_ARMS, staleness: STALENESS_ARMS };
  for (const [name, arms] of Object.entries(pictures)) {
    if (!ledger.some(({ arm }) => arms.some((one) => one.name === arm))) continue;
    writeFileSync(`${base}-${name}.svg`, await stepsPicture(arms, ledger));
    writeFileSync(`${base}-${name}-sets.svg`, await setsPicture(arms, ledger));
  }
  const page = `${base}.md`;
  const before = existsSync(page) ? readFileSync(page, 'utf8') : emptyPage(basename(base));
  writeFileSync(page, withTable(withTable(before, COMMAND, tableOf(ledger)), TIMES, timesOf(ledger)));
}

function emptyPage(name: string): string {
  return `# Does it learn?

![Mean reward by step](${name}-reward.svg)

![Change by set](${name}-reward-sets.svg)

<!-- table: ${COMMAND} -->
<!-- end of table -->

<!-- table: ${TIMES} -->
<!-- end of table -->
`;
}
