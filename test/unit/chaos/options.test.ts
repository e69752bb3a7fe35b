import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LEDGER } from '../../chaos/ledger.ts';
import { readOptions } from '../../chaos/options.ts';
import { allRows } from '../../chaos/rows/index.ts';

const rows = await allRows();

suite('options of the chaos suite', () => {
  test('without any, all rows go on where the ledger stops', () => {
    const { action, seed, tries, minutes, ledger, rows: asked } = readOptions([], rows);
    assert.deepEqual(
      { action, seed, tries, minutes, ledger },
      {
        action: 'try',
        seed: null,
        tries: null,
        minutes: null,
        ledger: LEDGER,
      },
    );
    assert.equal(asked.length, rows.length);
  });

  test('takes a part of the seeds, and names a bad one', () => {
    assert.deepEqual(readOptions(['--shard', '2/3'], rows).shard, { part: 2, of: 3 });
    assert.throws(() => readOptions(['--shard', '4/3'], rows), /--shard is "4\/3"; expected K\/N/);
  });

  test('takes rows by name', () => {
    const { rows: asked, seed } = readOptions(['--faults', 'kill-temporal,host-loss', '--seed', '7'], rows);
    assert.deepEqual(
      asked.map(({ name }) => name),
      ['kill-temporal', 'host-loss'],
    );
    assert.equal(seed, 7);
  });

  for (const [args, message] of [
    [['--faults', 'kill-everything'], /--faults names "kill-everything"; expected some of .*kill-temporal/],
    [['--seed', 'x'], /--seed is "x"; expected a whole number from 0/],
    [['--tries', '0'], /--tries is "0"; expected a whole number from 1/],
    [['--minutes', '1.5'], /--minutes is "1\.5"; expected a whole number from 1/],
    [['--fault', 'a'], /--fault/],
  ] as const) {
    test(`refuses ${args.join(' ')}`, () => assert.throws(() => readOptions(args, rows), message));
  }

  test('every row has a name and a title of its own, and tries to make', () => {
    for (const key of ['name', 'title'] as const) {
      assert.equal(new Set(rows.map((row) => row[key])).size, rows.length);
    }
    for (const { name, tries, short } of rows) assert.ok(short >= 1 && tries >= 20, name);
  });
});
