import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { percentile } from '../../chaos/percentile.ts';
import { type Row, SURVIVED } from '../../chaos/row.ts';
import { tableOf } from '../../chaos/table.ts';
import { withTable } from '../../support/marked-table.ts';

const open = () => Promise.reject(new Error('not opened'));

function row(name: string): Row {
  return { name, title: `fault ${name}`, tries: 300, short: 1, open };
}

suite('the table of docs/reliability.md', () => {
  test('sums the tries of the newest commit, a line each row', () => {
    const of = { row: 'kill', at: '', seconds: 1 };
    const ledger = [
      { ...SURVIVED, ...of, seed: 1, commit: 'c0', lost: 9 },
      { ...SURVIVED, ...of, seed: 1, commit: 'c1', recoverySeconds: 2 },
      { ...SURVIVED, ...of, seed: 2, commit: 'c1', recoverySeconds: 4.26, doubled: 2, leaked: 1 },
      { ...SURVIVED, ...of, seed: 3, commit: 'c1' },
    ];
    const lines = tableOf([row('kill'), row('never')], ledger).split('\n');
    assert.equal(lines[2], '| fault kill | 3 of 300 | 2 | 0 | 2 | 1 | 2.0 s | 4.3 s | c1 |');
    assert.equal(lines[3], '| fault never | 0 of 300 | 0 | 0 | 0 | 0 |  |  |  |');
  });

  test('takes its place between the marks, as often as it is made', () => {
    const COMMAND = 'npm run chaos -- --table';
    const page = 'Before.\n\n<!-- table: npm run chaos -- --table -->\nold\n<!-- end of table -->\nAfter.\n';
    const once = withTable(page, COMMAND, '| a |');
    assert.equal(
      once,
      'Before.\n\n<!-- table: npm run chaos -- --table -->\n\n| a |\n\n<!-- end of table -->\nAfter.\n',
    );
    assert.equal(withTable(once, COMMAND, '| a |'), once);
    assert.throws(() => withTable('no marks', COMMAND, ''), /the page must hold <!-- table/);
  });

  test('a percentile is a value that was seen', () => {
    const values = [5, 1, 4, 2, 3];
    assert.equal(percentile(values, 0.5), 3);
    assert.equal(percentile(values, 0.95), 5);
    assert.equal(percentile([7], 0.5), 7);
    assert.equal(percentile([], 0.5), null);
  });
});
