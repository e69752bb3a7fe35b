import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { type Try, appendTry, readLedger, seedsToTry, survived } from '../../chaos/ledger.ts';
import { SURVIVED } from '../../chaos/row.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

function tried(seed: number, more: Partial<Try> = {}): Try {
  return {
    ...SURVIVED,
    row: 'kill',
    seed,
    commit: 'c1',
    at: '2026-01-01T00:00:00.000Z',
    seconds: 4,
    ...more,
  };
}

suite('the ledger of the chaos suite', () => {
  test('what is appended is read again, in its order', (t) => {
    const path = join(temporaryHome(t), 'ledger.jsonl');
    assert.deepEqual(readLedger(path), []);
    const tries = [tried(1), tried(2, { lost: 1, broken: 'lost: it' })];
    for (const one of tries) appendTry(path, one);
    assert.deepEqual(readLedger(path), tries);
  });

  test('a line that is none is named', (t) => {
    const path = join(temporaryHome(t), 'ledger.jsonl');
    writeFileSync(path, `${JSON.stringify(tried(1))}\n{"row": "ki\n`);
    assert.throws(() => readLedger(path), /ledger\.jsonl, line 2 is not JSON: \{"row": "ki/);
  });

  test('goes on with the seeds that this commit has not tried', () => {
    const ledger = [tried(1), tried(3), tried(2, { commit: 'c0' }), tried(2, { row: 'other' })];
    const of = { row: 'kill', commit: 'c1', tries: 4 };
    assert.deepEqual(seedsToTry(ledger, of), [2, 4]);
    assert.deepEqual(seedsToTry(ledger, { ...of, tries: 1 }), []);
    assert.deepEqual(seedsToTry(ledger, { ...of, tries: 6, shard: { part: 2, of: 3 } }), [2, 5]);
    assert.deepEqual(seedsToTry(ledger, { ...of, commit: 'c2', tries: 2 }), [1, 2]);
  });

  test('only nothing at all is a survival', () => {
    assert.ok(survived({ ...SURVIVED, recoverySeconds: 3 }));
    for (const bad of [{ lost: 1 }, { doubled: 1 }, { leaked: 1 }, { broken: 'a secret' }]) {
      assert.ok(!survived({ ...SURVIVED, ...bad }), JSON.stringify(bad));
    }
  });
});
