import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { realDatasets, replacing } from '../../support/grading-world.ts';
import { wholeOf } from '../../support/instance.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const typed =
  (type: string, pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof SteadfastError && error.type === type && pattern.test(error.message);

/** A folder of a project, and a data file beside it that names it. */
async function makeData(home: string): Promise<{ readonly folder: string; readonly data: string }> {
  const folder = join(home, 'project');
  await mkdir(join(folder, '.git'), { recursive: true });
  await mkdir(join(folder, 'pkg/__pycache__'), { recursive: true });
  await writeFile(join(folder, '.git/config'), 'mine');
  await writeFile(join(folder, 'pkg/__pycache__/a.pyc'), 'compiled');
  await writeFile(join(folder, 'pkg/a.py'), 'x = 1\n');
  await writeFile(join(folder, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  await symlink('/etc/hostname', join(folder, 'out'));
  const record = {
    instance_id: 'mine__1',
    repo: 'me/mine',
    patch: replacing('pkg/a.py', 'x = 1\n', 'x = 0\n'),
    FAIL_TO_PASS: ['tests/test_a.py::test_a'],
    PASS_TO_PASS: ['tests/test_a.py::test_b'],
    problem_statement: 'x is wrong',
    source: { kind: 'folder', path: 'project' },
  };
  const data = join(home, 'data.jsonl');
  await writeFile(data, `${JSON.stringify(record)}\n`);
  return { folder, data };
}

test('a folder beside the data is copied once, by its content', async (t) => {
  const home = temporaryHome(t);
  const { folder, data } = await makeData(home);
  const cache = join(home, 'cache');
  const datasets = realDatasets(cache);
  const read = async () => {
    const [instance] = (await datasets.load(wholeOf(data, true))).instances;
    assert.ok(instance !== undefined);
    return instance;
  };
  const instance = await read();
  const pristine = (await datasets.prepareTree(instance, 'pristine')) ?? '';
  const bugged = (await datasets.prepareTree(instance, 'bugged')) ?? '';
  assert.deepEqual((await readdir(pristine)).toSorted(), ['out', 'pkg', 'run.sh']);
  assert.deepEqual(await readdir(join(pristine, 'pkg')), ['a.py']);
  assert.equal(await readFile(join(bugged, 'pkg/a.py'), 'utf8'), 'x = 0\n');
  assert.equal(await readFile(join(folder, 'pkg/a.py'), 'utf8'), 'x = 1\n', 'the folder is left alone');

  // What counts for nothing leaves it the same; everything else makes another.
  await writeFile(join(folder, '.git/config'), 'other');
  await writeFile(join(folder, 'pkg/__pycache__/b.pyc'), 'more');
  assert.deepEqual((await read()).source, instance.source);
  const digests = new Set([instance.source.kind === 'folder' ? instance.source.digest : '']);
  const changes = [
    async () => await writeFile(join(folder, 'pkg/a.py'), 'x = 1 \n'),
    async () => await chmod(join(folder, 'run.sh'), 0o644),
    async () => await mkdir(join(folder, 'empty')),
    async () => {
      await rm(join(folder, 'out'));
      await symlink('/etc/passwd', join(folder, 'out'));
    },
  ];
  for (const change of changes) {
    await change();
    const { source } = await read();
    digests.add(source.kind === 'folder' ? source.digest : '');
  }
  assert.equal(digests.size, 1 + changes.length);

  // The tree that was made stands for the old content, whatever became of the folder.
  await rm(folder, { recursive: true });
  assert.equal(await realDatasets(cache).prepareTree(instance, 'bugged'), bugged);
});

test('a folder that changed since the data was read, went away, or is none, is named', async (t) => {
  const home = temporaryHome(t);
  const { folder, data } = await makeData(home);
  const cache = join(home, 'cache');
  const datasets = realDatasets(cache);
  const [instance] = (await datasets.load(wholeOf(data, true))).instances;
  assert.ok(instance !== undefined);
  await writeFile(join(folder, 'pkg/a.py'), 'x = 3\n');
  await assert.rejects(
    datasets.prepareTree(instance, 'bugged'),
    typed('Instance.SourceMissing', /project has changed since the data was read/),
  );
  await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
  const refused = typed('Instance.Invalid', /project holds pipe, which is neither/);
  await assert.rejects(datasets.load(wholeOf(data, true)), refused);
  await assert.rejects(datasets.prepareTree(instance, 'pristine'), refused);
  await rm(folder, { recursive: true });
  const gone = typed('Instance.SourceMissing', /The source folder .*project is not there/);
  await assert.rejects(datasets.prepareTree(instance, 'pristine'), gone);
  await assert.rejects(datasets.load(wholeOf(data, true)), gone);
  assert.deepEqual(await readdir(join(cache, 'trees')), []);
});
