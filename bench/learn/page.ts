import { readFileSync, writeFileSync } from 'node:fs';
import { withTable } from '../../test/support/marked-table.ts';
import { REWARD_ARMS, STALENESS_ARMS } from './arms.ts';
import type { Learned } from './ledger.ts';
import { packageFile } from './options.ts';
import { setsPicture, stepsPicture } from './picture.ts';
import { tableOf, timesOf } from './table.ts';

const COMMAND = 'npm run learn -- --table';

/** Writes tables and pictures of docs/learning.md from what the ledger holds. */
export async function writePage(ledger: readonly Learned[]): Promise<void> {
  if (ledger.length === 0) return;
  replace('docs/learning.md', (page) =>
    withTable(withTable(page, COMMAND, tableOf(ledger)), `${COMMAND}, times`, timesOf(ledger)),
  );
  for (const [name, arms] of Object.entries({ reward: REWARD_ARMS, staleness: STALENESS_ARMS })) {
    if (!ledger.some(({ arm }) => arms.some((one) => one.name === arm))) continue;
    writeFileSync(packageFile(`docs/learning-${name}.svg`), await stepsPicture(arms, ledger));
    writeFileSync(packageFile(`docs/learning-${name}-sets.svg`), await setsPicture(arms, ledger));
  }
}

function replace(path: string, change: (page: string) => string): void {
  const file = packageFile(path);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
