import { wholeOf } from '../../support/instance.ts';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import { example, realDatasets } from '../../support/grading-world.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const run = promisify(execFile);
const SUPPORT = fileURLToPath(new URL('../../support/grading-world.ts', import.meta.url));
const UNPACK = fileURLToPath(new URL('../../../src/adapters/datasets/unpack_sdist.py', import.meta.url));

const typed =
  (type: string, pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof SteadfastError && error.type === type && pattern.test(error.message);

/** An instance whose source has another hash or name. */
function withSource(instance: Instance, changed: object): Instance {
  return { ...instance, source: { ...instance.source, ...changed } };
}

test('a source is fetched once, checked, unpacked without its top folder, and patched', async (t) => {
  const cache = temporaryHome(t);
  const datasets = realDatasets(cache);
  const instance = await example('hcfv7wuy');
  const [bugged, again] = await Promise.all([
    datasets.prepareTree(instance, 'bugged'),
    datasets.prepareTree(instance, 'bugged'),
  ]);
  const pristine = await datasets.prepareTree(instance, 'pristine');
  assert.equal(bugged, again);
  assert.match(await readFile(join(bugged ?? '', 'tinydb/table.py'), 'utf8'), /return iter\(self\)/);
  assert.match(
    await readFile(join(pristine ?? '', 'tinydb/table.py'), 'utf8'),
    /return list\(iter\(self\)\)/,
  );
  assert.deepEqual(await readdir(join(cache, 'sdists')), ['tinydb-4.9.0.tar.gz']);
  assert.equal((await readdir(join(cache, 'trees'))).length, 2, 'and no drafts are left');
  const { ino } = await stat(join(bugged ?? '', 'tinydb/table.py'));
  await realDatasets(cache).prepareTree(instance, 'bugged');
  assert.equal((await stat(join(bugged ?? '', 'tinydb/table.py'))).ino, ino);
});

test('two processes that want one tree at once both get it whole', async (t) => {
  const cache = temporaryHome(t);
  const script = `
    const { example, realDatasets } = await import(${JSON.stringify(SUPPORT)});
    console.log(await realDatasets(${JSON.stringify(cache)}).prepareTree(await example('hcfv7wuy'), 'bugged'));`;
  const answers = await Promise.all(
    [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', script])),
  );
  const trees = new Set(answers.map(({ stdout }) => stdout.trim()));
  assert.equal(trees.size, 1);
  const names = await readdir(join(cache, 'trees'));
  assert.equal(names.length, 2);
  assert.ok(names.every((name) => !name.startsWith('.')));
});

test('a patch applies inside a repository too, and one that does not is named with git’s words', async (t) => {
  const home = temporaryHome(t);
  await run('git', ['init', '-q', home]);
  const datasets = realDatasets(join(home, 'cache'));
  const instance = await example('hcfv7wuy');
  const tree = await datasets.prepareTree(instance, 'bugged');
  assert.match(await readFile(join(tree ?? '', 'tinydb/table.py'), 'utf8'), /return iter\(self\)/);
  const bugPatch = instance.bugPatch?.replace('list(iter(self))', 'tuple(iter(self))') ?? '';
  await assert.rejects(
    datasets.prepareTree({ ...instance, bugPatch }, 'bugged'),
    typed('Instance.PatchDoesNotApply', /The patch of pypi__tinydb\S+ does not apply: .*table\.py/),
  );
  const outside = 'diff --git a/../evil b/../evil\n--- /dev/null\n+++ b/../evil\n@@ -0,0 +1 @@\n+x\n';
  await assert.rejects(
    datasets.prepareTree({ ...instance, bugPatch: outside }, 'bugged'),
    typed('Instance.PatchDoesNotApply', /./),
  );
  assert.deepEqual((await readdir(join(home, 'cache/trees'))).length, 2);
});

test('a source that is not there, or is not what its hash says, says how to get it', async (t) => {
  const cache = temporaryHome(t);
  const datasets = realDatasets(cache);
  const instance = await example('hcfv7wuy');
  const hint = /put the file at .*sdists/;
  const other = withSource(instance, { sha256: '0'.repeat(64) });
  await assert.rejects(datasets.prepareTree(other, 'pristine'), typed('Instance.SourceMissing', hint));
  const absent = withSource(instance, { filename: 'tinydb-0.0.0.tar.gz' });
  await assert.rejects(
    datasets.prepareTree(absent, 'pristine'),
    typed('Instance.SourceMissing', /pip's index has no tinydb-0\.0\.0\.tar\.gz/),
  );
  assert.deepEqual(await readdir(join(cache, 'sdists')), []);
});

test('a file that was put into the cache by hand needs no index, and a damaged one is fetched again', async (t) => {
  const [first, second] = [temporaryHome(t), temporaryHome(t)];
  const instance = await example('hcfv7wuy');
  await realDatasets(first).prepareTree(instance, 'pristine');
  await mkdir(join(second, 'sdists'));
  const file = 'sdists/tinydb-4.9.0.tar.gz';
  await copyFile(join(first, file), join(second, file));
  const { mtimeMs } = await stat(join(second, file));
  await realDatasets(second).prepareTree(instance, 'pristine');
  assert.equal((await stat(join(second, file))).mtimeMs, mtimeMs);
  const third = temporaryHome(t);
  await mkdir(join(third, 'sdists'));
  await writeFile(join(third, file), 'damaged');
  await realDatasets(third).prepareTree(instance, 'pristine');
  assert.deepEqual(await readFile(join(third, file)), await readFile(join(first, file)));
});

test('an archive that leaves its folder is refused', async (t) => {
  const home = temporaryHome(t);
  const make = `
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w:gz") as file:
    for name, link in eval(sys.argv[2]):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = (tarfile.SYMTYPE, link) if link else (tarfile.REGTYPE, "")
        file.addfile(entry, io.BytesIO(b""))
`;
  const cases: readonly (readonly [string, boolean])[] = [
    ['[("top/../../evil", None)]', false],
    ['[("/evil", None)]', false],
    ['[("top/a", "/etc")]', false],
    ['[("top/a", "../..")]', false],
    ['[("top/a", "."), ("top/a/b", "../../x")]', false],
    ['[("top/d/f", None), ("top/l", "d/f"), ("top/d/up", "../l")]', true],
  ];
  for (const [i, [entries, fine]] of cases.entries()) {
    const [archive, into] = [join(home, `${i}.tar.gz`), join(home, `${i}`)];
    await mkdir(into);
    await run('python3', ['-c', make, archive, entries]);
    const unpacked = run('python3', [UNPACK, archive, into]);
    if (fine) await unpacked;
    else await assert.rejects(unpacked, /leaves|links out/);
  }
  assert.deepEqual(
    (await readdir(home)).filter((name) => name === 'evil'),
    [],
  );
});

test('a data file is read, instances without tests are dropped and counted, and a missing file is named', async (t) => {
  const home = temporaryHome(t);
  const path = join(home, 'data.jsonl');
  const record = JSON.parse(
    (await readFile(new URL('../../../examples/unseen.jsonl', import.meta.url), 'utf8')).split('\n')[0] ?? '',
  ) as object;
  const lines = [record, { ...record, FAIL_TO_PASS: [] }, { ...record, PASS_TO_PASS: '[]' }];
  await writeFile(path, lines.map((line) => JSON.stringify(line)).join('\n'));
  const datasets = realDatasets();
  const kept = await datasets.load(wholeOf(path, true));
  assert.deepEqual([kept.instances.length, kept.droppedWithoutTests], [1, 2]);
  const all = await datasets.load(wholeOf(path, false));
  assert.deepEqual([all.instances.length, all.droppedWithoutTests], [3, 0]);
  await symlink(path, join(home, 'link.jsonl'));
  assert.equal((await datasets.load(wholeOf(join(home, 'link.jsonl'), true))).instances.length, 1);
  await assert.rejects(
    datasets.load(wholeOf(join(home, 'none.jsonl'), true)),
    typed('Instance.Invalid', /The data file .*none\.jsonl cannot be read/),
  );
});
