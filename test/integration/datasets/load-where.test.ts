import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assert as assertProperty, asyncProperty, constantFrom, integer } from 'fast-check';
import { load, loadedIds, PARQUET, typed } from '../../support/data-loader.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const FILES = ['records.jsonl', 'snappy-groups.parquet', 'zstd-pages.parquet', 'gzip-text.parquet'].map(
  (file) => join(PARQUET, file),
);
const RECORDS = readFileSync(join(PARQUET, 'records.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>> & { readonly stars: number });
const [JSONL = ''] = FILES;

test('a condition picks the same records in each format, lists as lists or as text', async () => {
  const cases: readonly [string, (record: (typeof RECORDS)[number], i: number) => boolean][] = [
    ['stars >= 50 && stars != 70', (_, i) => i >= 5 && i !== 7],
    ['stars % 20 == 0', (_, i) => i % 2 === 0],
    ['score > 1.2', (_, i) => i / 4 > 1.2],
    ['size(PASS_TO_PASS) == 3', (_, i) => i % 6 === 3],
    [
      'PASS_TO_PASS.size() + FAIL_TO_PASS.size() > 5',
      (r) => sizeOf(r, 'PASS_TO_PASS') + sizeOf(r, 'FAIL_TO_PASS') > 5,
    ],
    ['FAIL_TO_PASS.exists(test, test.contains("::"))', () => true],
    ['meta.license == "MIT" && meta.lines > 3', (_, i) => i % 2 === 0 && i > 3],
    ['problem_statement == null', (_, i) => i % 4 === 0],
    ['created_at > "2025-01-10"', (_, i) => i >= 9],
    ['source.name.matches("^(tinydb|sqlparse)$")', (r) => /^(tinydb|sqlparse)$/.test(nameOf(r))],
    ['instance_id in ["none"] || repo.startsWith("pypi/")', () => true],
  ];
  for (const [where, meets] of cases) {
    const wanted = RECORDS.filter(meets).map((record) => record['instance_id']);
    assert.ok(wanted.length > 0, where);
    for (const file of FILES)
      assert.deepEqual(await loadedIds(file, { where }), wanted, `${where} of ${file}`);
  }
  const page = await load(FILES[1] ?? '', { where: 'stars < 30' });
  assert.deepEqual([page.instances.length, page.records], [3, 14]);
});

test('a bad condition is told with its text and in the words of CEL', async () => {
  const cases: readonly [string, RegExp][] = [
    ['repo ==', /^where is "repo ==": Unexpected token: EOF; expected a condition in CEL/],
    ['lower(repo) == "x"', /found no matching overload for 'lower\(dyn\)'/],
    ['1 + 1', /it gives int, not bool/],
    ['repo', /at \S+ \w+ 1: it gives a string, not true or false/],
    ['repo > 3', /at \S+ \w+ 1: no such overload: dyn<string> > int/],
    ['meta.nothing == 1', /at \S+ \w+ 1: No such key: nothing/],
    ['star > 3', /no record has a field star \(did you mean stars\?\); the fields are FAIL_TO_PASS, .*stars/],
    ['size(unheard_of) > 3 || true', /no record has a field unheard_of; the fields are/],
    ['stars > 100000', /none of the 14 records meets it/],
  ];
  for (const [where, pattern] of cases) {
    for (const file of FILES)
      await assert.rejects(load(file, { where }), typed('Config.Invalid', pattern), where);
  }
});

test('a field that only some records have is null in the others', async (t) => {
  const path = join(temporaryHome(t), 'some.jsonl');
  const some = RECORDS.map((record, i) => (i === 9 ? { ...record, difficulty: 4 } : record));
  await writeFile(path, some.map((record) => JSON.stringify(record)).join('\n'));
  assert.deepEqual(await loadedIds(path, { where: 'difficulty == 4' }), [RECORDS[9]?.['instance_id']]);
  assert.equal((await loadedIds(path, { where: 'difficulty == null' })).length, 13);
  await assert.rejects(
    load(path, { where: 'difficulty > 3' }),
    typed('Config.Invalid', /at \S+some\.jsonl line 1: no such overload: dyn<null> > int/),
  );
});

test('a sample is of the wanted size, in order, and depends on seed and places alone', async (t) => {
  const path = join(temporaryHome(t), 'array.json');
  await writeFile(path, JSON.stringify(RECORDS));
  const order = RECORDS.map((record) => record['instance_id']);
  await assertProperty(
    asyncProperty(
      integer({ min: 0, max: 2 ** 31 - 1 }),
      integer({ min: 1, max: 20 }),
      constantFrom(null, 'stars >= 40'),
      async (seed, sample, where) => {
        const drawn = await loadedIds(JSONL, { seed, sample, where });
        assert.equal(drawn.length, Math.min(sample, where === null ? 14 : 10));
        assert.deepEqual(
          drawn,
          order.filter((id) => drawn.includes(String(id))),
        );
        for (const file of [...FILES, path]) {
          assert.deepEqual(await loadedIds(file, { seed, sample, where }), drawn, file);
        }
      },
    ),
    { numRuns: 15 },
  );
  const draws = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (seed) => (await loadedIds(JSONL, { seed, sample: 3 })).join()),
  );
  assert.ok(new Set(draws).size > 3, 'seeds differ');
});

function sizeOf(record: Readonly<Record<string, unknown>>, field: string): number {
  return (record[field] as readonly unknown[]).length;
}

function nameOf(record: Readonly<Record<string, unknown>>): string {
  return (record['source'] as { readonly name: string }).name;
}
