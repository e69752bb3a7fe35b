import { readFileSync, writeFileSync } from 'node:fs';
import { withTable } from '../../test/support/marked-table.ts';
import type { Learned } from './ledger.ts';
import { packageFile } from './options.ts';
import { setsPicture, stepsPicture } from './picture.ts';
import { tableOf, timesOf } from './table.ts';

const COMMAND = 'npm run learn -- --table';

/** Writes tables and pictures of docs/learning.md, and the README's table, from what the ledger holds. */
export function writePage(ledger: readonly Learned[]): void {
  if (ledger.length === 0) return;
  replace('docs/learning.md', (page) =>
    withTable(withTable(page, COMMAND, tableOf(ledger)), `${COMMAND}, times`, timesOf(ledger)),
  );
  writeFileSync(packageFile('docs/learning-steps.svg'), stepsPicture(ledger));
  writeFileSync(packageFile('docs/learning-sets.svg'), setsPicture(ledger));
}

function replace(path: string, change: (page: string) => string): void {
  const file = packageFile(path);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
