import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRecordReader } from '../../../src/adapters/datasets/load/raw-records.ts';
import { WHOLE_DATA } from '../../../src/domain/run-config.ts';
import { NO_HUB } from '../../support/data-loader.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('a folder named relative to the data file is where it was, as an object and as its text', async (t) => {
  const home = temporaryHome(t);
  const data = join(home, 'data.jsonl');
  const here = { kind: 'folder', path: 'trees/one' };
  const git = JSON.stringify({ kind: 'git', url: 'https://example.org/r.git', commit: 'a'.repeat(40) });
  const sources = [here, JSON.stringify(here), git, 'no JSON', null];
  writeFileSync(data, sources.map((source) => `${JSON.stringify({ source, more: 1 })}\n`).join(''));
  const readRecords = createRecordReader({
    sweBench: { imageNamespace: null },
    hub: NO_HUB,
    cacheDir: join(home, 'cache'),
  });
  const read = await Array.fromAsync(
    readRecords({ data, selection: WHOLE_DATA, seed: 0, requireNonZeroTests: false }),
  );
  const moved = { kind: 'folder', path: join(home, 'trees/one') };
  assert.deepEqual(
    read,
    [moved, JSON.stringify(moved), git, 'no JSON', null].map((source) => ({ source, more: 1 })),
  );
});
