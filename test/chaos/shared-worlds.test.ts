import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { allRows } from './rows/index.ts';
import { SharedWorlds, sharesWorld } from './shared-worlds.ts';
import { tryShort } from './try-short.ts';

const rows = (await allRows()).filter(sharesWorld);

suite('the chaos suite, in short: rows that share worlds', () => {
  const worlds = new SharedWorlds();

  after(async () => await worlds.close());

  for (const row of rows) test(row.name, async () => await tryShort(worlds.share(row)));

  test('nothing is left, and no secret is in any file', async () => {
    assert.deepEqual(await worlds.broken(), []);
  });
});
