import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { load, loadedIds, PARQUET, typed } from '../../support/data-loader.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const LINES = readFileSync(join(PARQUET, 'records.jsonl'), 'utf8').trimEnd().split('\n');
const RECORDS = LINES.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
const FORMATS = ['snappy-groups.parquet', 'zstd-pages.parquet', 'gzip-text.parquet'];

test('the same records in each format are the same instances', async (t) => {
  const home = temporaryHome(t);
  const wanted = (await load(join(PARQUET, 'records.jsonl'))).instances;
  assert.equal(wanted.length, 14);
  assert.deepEqual(wanted[5]?.passToPass, RECORDS[5]?.['PASS_TO_PASS']);
  for (const file of FORMATS) {
    const page = await load(join(PARQUET, file));
    assert.deepEqual(page.instances, wanted, file);
    assert.deepEqual([page.records, page.revision, page.droppedWithoutTests], [14, null, 0]);
  }
  const array = join(home, 'array.json');
  await writeFile(array, JSON.stringify(RECORDS));
  assert.deepEqual((await load(array)).instances, wanted);
});

test('lines are told apart over chunks, byte order marks and blank lines, and one record may take several', async (t) => {
  const home = temporaryHome(t);
  const path = join(home, 'data.jsonl');
  // Lines of three quarters of a chunk, so that all of them go on over its end; a letter of several bytes in each.
  const long = LINES.map((line) => line.replace('"unused": "', `"unused": "${'é'.repeat(400_000)}`));
  await writeFile(path, `\ufeff\n${long.join('\r\n\n')}`);
  assert.equal((await load(path)).instances.length, 14);
  await writeFile(path, `${LINES.join('\n')}\n   \n{"instance_id":`);
  await assert.rejects(load(path), typed('Instance.Invalid', /data\.jsonl line 16 is not JSON \(/));
  await writeFile(path, JSON.stringify(RECORDS[0], null, 2));
  assert.deepEqual(await loadedIds(path), [RECORDS[0]?.['instance_id']]);
  await writeFile(path, '');
  await assert.rejects(load(path), typed('Instance.Invalid', /data\.jsonl holds no instance/));
  await assert.rejects(load(join(PARQUET, 'empty.parquet')), typed('Instance.Invalid', /holds no instance/));
});

test('records without a list of tests are dropped and counted where that is asked for', async () => {
  const page = await load(join(PARQUET, 'snappy-groups.parquet'), { requireNonZeroTests: true });
  assert.deepEqual([page.instances.length, page.droppedWithoutTests, page.records], [11, 3, 14]);
});

test('a Parquet file that was cut, or whose bytes are not what they were, is named', async (t) => {
  const home = temporaryHome(t);
  for (const file of FORMATS) {
    const path = join(home, file);
    await copyFile(join(PARQUET, file), path);
    await truncate(path, 20_000);
    await assert.rejects(
      load(path),
      typed('Instance.Invalid', new RegExp(`${file} is no whole Parquet file: `)),
    );
  }
  const damaged = join(home, 'zstd-pages.parquet');
  const bytes = await readFile(join(PARQUET, 'zstd-pages.parquet'));
  bytes.fill(0xff, 3000, 12_000);
  await writeFile(damaged, bytes);
  await assert.rejects(
    load(damaged),
    typed('Instance.Invalid', /zstd-pages\.parquet is no whole Parquet file: /),
  );
});

test('a bad record is named by file, number, instance and field', async (t) => {
  const path = join(temporaryHome(t), 'bad.json');
  await writeFile(path, JSON.stringify([RECORDS[0], { ...RECORDS[1], patch: 7 }]));
  const pattern = /bad\.json record 2: instance \S+: patch is 7; expected a unified diff/;
  await assert.rejects(load(path), typed('Instance.Invalid', pattern));
});

test('a folder beside the data file is a source by its content; its .git does not count', async (t) => {
  const home = temporaryHome(t);
  const source = join(home, 'repos/demo');
  await mkdir(join(source, '.git'), { recursive: true });
  await writeFile(join(source, 'demo.py'), 'x = 1\n');
  const path = join(home, 'data.jsonl');
  await writeFile(path, JSON.stringify({ ...RECORDS[0], source: { kind: 'folder', path: 'repos/demo' } }));
  const digestNow = async (): Promise<string> => {
    const { source: found } = (await load(path)).instances[0] ?? assert.fail('no instance');
    assert.ok(found.kind === 'folder');
    assert.equal(found.path, source);
    return found.digest;
  };
  const before = await digestNow();
  assert.match(before, /^[0-9a-f]{64}$/);
  await writeFile(join(source, '.git/index'), 'other');
  assert.equal(await digestNow(), before);
  await writeFile(join(source, 'demo.py'), 'x = 2\n');
  assert.notEqual(await digestNow(), before);
});

test('splits are told by the names of files and folders', async (t) => {
  const home = temporaryHome(t);
  const put = async (path: string, ...lines: readonly number[]): Promise<void> => {
    await mkdir(join(home, path, '..'), { recursive: true });
    await writeFile(join(home, path), lines.map((line) => LINES[line]).join('\n'));
  };
  await put('one/data/train-00000-of-00002.jsonl', 0);
  await put('one/data/train-00001-of-00002.jsonl', 1);
  await put('one/data/test-00000-of-00001.jsonl', 2);
  await put('one/dataset_infos.json', 3);
  await put('one/.cache/train.jsonl', 4);
  assert.deepEqual(await loadedIds(join(home, 'one')), idsOf(0, 1), 'train where none is named');
  assert.deepEqual(await loadedIds(join(home, 'one'), { split: 'test' }), idsOf(2));
  await assert.rejects(
    load(join(home, 'one'), { split: 'dev' }),
    typed('Config.Invalid', /split is "dev"; expected one of those that \S+ has: test, train/),
  );
  await put('two/test/a.jsonl', 5);
  await put('two/dev/b.jsonl', 6);
  await assert.rejects(
    load(join(home, 'two')),
    typed('Config.Invalid', /split is not set; expected .*: dev, test/),
  );
  assert.deepEqual(await loadedIds(join(home, 'two'), { split: 'dev' }), idsOf(6));
  await put('three/swebench_lite_test.jsonl', 7);
  assert.deepEqual(await loadedIds(join(home, 'three')), idsOf(7), 'the only one, whatever its name');
  await put('four/b.jsonl', 8);
  await copyFile(join(PARQUET, 'snappy-groups.parquet'), join(home, 'four/a.parquet'));
  await put('four/about.json', 9);
  assert.deepEqual((await loadedIds(join(home, 'four'))).slice(-2), idsOf(13, 8), 'by name, formats mixed');
  await mkdir(join(home, 'five'));
  await assert.rejects(
    load(join(home, 'five')),
    typed('Instance.Invalid', /holds no data file; expected \.parquet/),
  );
});

test('what is neither a file nor a data set is told of both', async (t) => {
  const home = temporaryHome(t);
  const both =
    /none\.jsonl cannot be read: there is no file or folder \(looked at .*, and it is no name of a data set/;
  await assert.rejects(load(join(home, 'none.jsonl')), typed('Instance.Invalid', both));
  await assert.rejects(load('owner/none.jsonl'), typed('Instance.Invalid', both));
  const asked =
    /no file or folder \(looked at .*owner\/none\), and the data set owner\/none could not be had from http/;
  await assert.rejects(load('owner/none'), typed('Instance.SourceMissing', asked));
  await assert.rejects(
    load(join(PARQUET, 'records.jsonl'), { revision: 'main' }),
    typed('Config.Invalid', /revision is "main", but data is .*records\.jsonl, on this machine/),
  );
  await assert.rejects(
    load(join(PARQUET, 'records.jsonl'), { split: 'test' }),
    typed('Config.Invalid', /split is "test", but data is the file .*records\.jsonl; a split is of a folder/),
  );
});

function idsOf(...lines: readonly number[]): unknown[] {
  return lines.map((line) => RECORDS[line]?.['instance_id']);
}
