import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { digestOfFolder } from '../../../src/adapters/datasets/folder-digest.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import { realDatasets } from '../../support/grading-world.ts';
import { instance as anInstance } from '../../support/instance.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const run = promisify(execFile);

/** With a source that needs no fetching. */
async function makeInstance(home: string) {
  const path = join(home, 'project');
  await mkdir(join(path, 'src/demo.egg-info'), { recursive: true });
  await writeFile(
    join(path, 'src/demo.egg-info/entry_points.txt'),
    '[gui_scripts]\nno = demo:no\n\n[console_scripts]\ndemo-run = demo.main:Cli.run\n../evil = demo:x\n\n[other]\nx = y:z\n',
  );
  const source = { kind: 'folder', path, digest: await digestOfFolder(path) } as const;
  return (changed: Partial<Instance> = {}) => anInstance({ source, ...changed });
}

test('requirements are installed once, by their list, and without a package of the host', async (t) => {
  const cache = temporaryHome(t);
  const instance = await makeInstance(cache);
  const datasets = realDatasets(cache);
  assert.equal(await datasets.prepareRequirements(instance()), null);
  const wanted = instance({ requirements: ['sqlparse<0.5', 'click==8.1.8'] });
  const folders = await Promise.all([
    datasets.prepareRequirements(wanted),
    datasets.prepareRequirements({
      ...wanted,
      instanceId: 'other',
      requirements: ['click==8.1.8', 'sqlparse<0.5'],
    }),
    realDatasets(cache).prepareRequirements(wanted),
  ]);
  const [folder = ''] = folders.map((one) => one ?? '');
  assert.equal(new Set(folders).size, 1);
  const script = 'import click, sqlparse; print(sqlparse.__version__, click.__file__)';
  const env = { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout } = await run('/usr/bin/python3', ['-S', '-c', script], { env });
  assert.match(stdout, new RegExp(`^0\\.4\\.\\d+ ${folder}/click/__init__\\.py\n$`));
  const own = await readFile(join(folder, 'bin/demo-run'), 'utf8');
  assert.equal(
    own,
    '#!/opt/steadfast/env/bin/python\nimport sys\nfrom demo.main import Cli\nsys.exit(Cli.run())\n',
  );
  assert.match(
    await readFile(join(folder, 'bin/sqlformat'), 'utf8'),
    /^#!\/opt\/steadfast\/env\/bin\/python\n/,
  );
  assert.deepEqual((await readdir(join(folder, 'bin'))).toSorted(), ['demo-run', 'sqlformat']);
  const { mtimeMs } = await stat(folder);
  assert.equal(await realDatasets(cache).prepareRequirements(wanted), folder);
  assert.equal((await stat(folder)).mtimeMs, mtimeMs);
  assert.deepEqual(
    await readdir(join(cache, 'requirements')),
    [folder.slice(-32)],
    'and nothing else is left',
  );
});

test("a plugin of pytest comes with the sandboxes' own pytest, and what cannot be had is named", async (t) => {
  const cache = temporaryHome(t);
  const instance = await makeInstance(cache);
  const datasets = realDatasets(cache);
  const plugin = await datasets.prepareRequirements(instance({ requirements: ['pytest-mock'] }));
  const names = await readdir(plugin ?? '');
  assert.ok(names.includes('pytest_mock') && names.includes('pytest-8.3.5.dist-info'), names.join(' '));
  for (const [requirements, pattern] of [
    [
      ['no-such-package-of-anybody==1'],
      /of demo__1 \(no-such-package-of-anybody==1\) could not be installed: .*No matching/,
    ],
    [['pytest==7.0.0'], /pytest==7\.0\.0.*conflict/],
  ] as const) {
    await assert.rejects(
      datasets.prepareRequirements(instance({ requirements })),
      (error) =>
        error instanceof SteadfastError &&
        error.type === 'Instance.RequirementsMissing' &&
        pattern.test(error.message),
    );
  }
  assert.equal((await readdir(join(cache, 'requirements'))).length, 1);
});
