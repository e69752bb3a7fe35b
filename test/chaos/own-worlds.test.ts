import { suite, test } from 'node:test';
import { allRows } from './rows/index.ts';
import { sharesWorld } from './shared-worlds.ts';
import { tryShort } from './try-short.ts';

const rows = (await allRows()).filter((row) => !sharesWorld(row));

suite('the chaos suite, in short: rows with worlds of their own', () => {
  for (const row of rows) test(row.name, async () => await tryShort(row));
});
