import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterLines, filterProgressLine, summaryRecord } from '../../../src/cli/filter-lines.ts';

const PROGRESS = {
  run: 'f',
  phase: 'judging',
  total: 106,
  checked: 12,
  kept: 9,
  reasons: { empty_f2p: 1, flaky: 2 },
} as const;
const SUMMARY = { ...PROGRESS, data: 'd.jsonl', quarantined: 0 };

test('the line of a filter says how far it is, the commonest reasons first', () => {
  assert.equal(
    filterProgressLine(PROGRESS, 240),
    'judging 12/106 · kept 9 (75%) · flaky 2, empty_f2p 1 · ETA 4 min',
  );
  const begun = { ...PROGRESS, checked: 0, kept: 0, reasons: {} };
  assert.equal(filterProgressLine(begun, null), 'judging 0/106 · kept 0 (–)');
  assert.equal(filterProgressLine({ ...begun, phase: 'loading' }, null), 'loading the data');
});

test('what a filter came to stands beside the reference set, and says what stays out of training', () => {
  assert.deepEqual(filterLines({ ...SUMMARY, reasons: { empty_f2p: 1, flaky: 12 } }, 'kept.jsonl'), [
    'kept 9 of 12 instances, 75% (the reference set: 4577 of 8480, 54%)',
    '  12 flaky',
    '   1 empty_f2p',
    'kept records: kept.jsonl',
  ]);
  const [, , , quarantined] = filterLines({ ...SUMMARY, quarantined: 3 }, 'kept.jsonl');
  assert.match(quarantined ?? '', /^3 of them are in quarantine/);
});

test('the record of a filter has its share and that of the reference set', () => {
  const record = summaryRecord(SUMMARY, 'kept.jsonl');
  assert.deepEqual([record['share_kept'], record['reference_share_kept']], [0.75, 4577 / 8480]);
  assert.equal(summaryRecord({ ...SUMMARY, checked: 0, kept: 0 }, 'kept.jsonl')['share_kept'], null);
});
