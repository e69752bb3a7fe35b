import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createDatasets } from '../../../src/adapters/datasets/datasets.ts';
import { loadConfig } from '../../../src/config.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Datasets } from '../../../src/ports/datasets.ts';
import { replacing } from '../../support/grading-world.ts';
import { instance } from '../../support/instance.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const run = promisify(execFile);
const OWN = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
};

/** A repository with two commits, the first of which has everything that a checkout could treat in its own way. */
async function makeRepository(home: string) {
  const path = join(home, 'origin', 'repo');
  await mkdir(join(path, 'src'), { recursive: true });
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['-C', path, ...args], { env: OWN })).stdout.trim();
  await git('init', '-q', '-b', 'main');
  await writeFile(join(path, '.gitattributes'), '*.txt text eol=crlf\n*.id ident\n*.py filter=evil\n');
  await writeFile(join(path, 'lines.txt'), 'one\ntwo\n');
  await writeFile(join(path, 'keyword.id'), '$Id$\n');
  await writeFile(join(path, 'src/code.py'), 'x = 1\n');
  await writeFile(join(path, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(path, 'run.sh'), 0o755);
  await symlink('src/code.py', join(path, 'link'));
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  const first = await git('rev-parse', 'HEAD');
  await writeFile(join(path, 'src/code.py'), 'x = 2\n');
  await git('commit', '-q', '-a', '-m', 'second');
  return { path, git, first, second: await git('rev-parse', 'HEAD') };
}

function datasetsIn(cacheDir: string, environment: NodeJS.ProcessEnv = process.env): Datasets {
  const { sweBench, hub } = loadConfig();
  return createDatasets({ cacheDir, python: ['python3'], environment, sweBench, hub });
}

const at = (url: string, commit: string, changed: Partial<Instance> = {}): Instance =>
  instance({ source: { kind: 'git', url, commit }, bugPatch: null, ...changed });

const missing =
  (...parts: readonly RegExp[]) =>
  (error: unknown): boolean =>
    error instanceof SteadfastError &&
    error.type === 'Instance.SourceMissing' &&
    parts.every((part) => part.test(error.message));

test("a commit's files come byte for byte, without its repository, and a bug patch on top", async (t) => {
  const home = temporaryHome(t);
  const { path, first } = await makeRepository(home);
  const cache = join(home, 'cache');
  const bugPatch = replacing('src/code.py', 'x = 1\n', 'x = 0\n');
  const row = at(`file://${path}`, first, { bugPatch });
  const datasets = datasetsIn(cache);
  const trees = await Promise.all([
    datasets.prepareTree(row, 'pristine'),
    datasets.prepareTree(row, 'bugged'),
    datasets.prepareTree(row, 'bugged'),
  ]);
  const [pristine = '', bugged = ''] = trees.map((tree) => tree ?? '');
  assert.equal(trees[1], trees[2]);
  assert.deepEqual((await readdir(pristine)).toSorted(), [
    '.gitattributes',
    'keyword.id',
    'lines.txt',
    'link',
    'run.sh',
    'src',
  ]);
  assert.equal(await readFile(join(pristine, 'lines.txt'), 'utf8'), 'one\ntwo\n');
  assert.equal(await readFile(join(pristine, 'keyword.id'), 'utf8'), '$Id$\n');
  assert.equal(await readFile(join(pristine, 'src/code.py'), 'utf8'), 'x = 1\n');
  assert.equal(await readFile(join(bugged, 'src/code.py'), 'utf8'), 'x = 0\n');
  assert.equal(await readlink(join(pristine, 'link')), 'src/code.py');
  assert.equal((await stat(join(pristine, 'run.sh'))).mode & 0o111, 0o111);
  assert.equal((await readdir(join(cache, 'trees'))).length, 2, 'and nothing else is left');
});

test("the user's settings, hooks, filters and helpers have no say", async (t) => {
  const home = temporaryHome(t);
  const { path, git, first } = await makeRepository(home);
  const mark = join(home, 'ran');
  const evil = `sh -c 'touch ${mark}; cat'`;
  const config = join(home, 'config');
  await writeFile(
    config,
    `[filter "evil"]\nsmudge = ${evil}\n[core]\nhooksPath = ${home}/hooks\nfsmonitor = touch ${mark}\n[url "file:///nowhere/"]\ninsteadOf = file:///\n`,
  );
  for (const folder of [join(home, 'hooks'), join(path, '.git/hooks')]) {
    await mkdir(folder, { recursive: true });
    for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change']) {
      await writeFile(join(folder, hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    }
  }
  await git('config', 'uploadpack.packObjectsHook', evil);
  const hostile = {
    ...process.env,
    GIT_CONFIG_GLOBAL: config,
    GIT_DIR: join(home, 'elsewhere'),
    GIT_WORK_TREE: home,
    GIT_ALLOW_PROTOCOL: 'ext',
    GIT_TEMPLATE_DIR: home,
  };
  const tree = await datasetsIn(join(home, 'cache'), hostile).prepareTree(
    at(`file://${path}`, first),
    'pristine',
  );
  assert.equal(await readFile(join(tree ?? '', 'src/code.py'), 'utf8'), 'x = 1\n');
  await assert.rejects(
    datasetsIn(join(home, 'cache')).prepareTree(at(`ext::${evil}`, '0'.repeat(40)), 'pristine'),
    missing(/transport 'ext' not allowed/),
  );
  await assert.rejects(stat(mark), { code: 'ENOENT' });
});

test('a commit or a repository that is not there is named, and no half of a tree stays', async (t) => {
  const home = temporaryHome(t);
  const { path, first } = await makeRepository(home);
  const cache = join(home, 'cache');
  const datasets = datasetsIn(cache);
  const url = `file://${path}`;
  const none = '1'.repeat(40);
  const cases: readonly [Instance, readonly RegExp[]][] = [
    [at(url, none), [new RegExp(url), new RegExp(none)]],
    [at(`file://${home}/nowhere`, first), [/nowhere/, new RegExp(first)]],
    [at(url, first.slice(0, 12)), [/in full/]],
    [at('http://127.0.0.1:1/x.git', first), [/127\.0\.0\.1:1/]],
    [at('--upload-pack=touch', first), [/--upload-pack=touch/]],
  ];
  for (const [row, parts] of cases) {
    await assert.rejects(datasets.prepareTree(row, 'pristine'), missing(...parts));
  }
  assert.deepEqual(await readdir(join(cache, 'trees')), []);
});

test('a daemon that gives single commits, and plain files over HTTP that do not', async (t) => {
  const home = temporaryHome(t);
  const { path, git, first, second } = await makeRepository(home);
  const daemon = await serveDaemon(t, join(home, 'origin'));
  const tree = await datasetsIn(join(home, 'a')).prepareTree(at(`${daemon}/repo`, first), 'pristine');
  assert.equal(await readFile(join(tree ?? '', 'src/code.py'), 'utf8'), 'x = 1\n');
  await git('update-server-info');
  const web = await serveFiles(t, join(path, '.git'));
  for (const [commit, text] of [
    [first, 'x = 1\n'],
    [second, 'x = 2\n'],
  ] as const) {
    const from = await datasetsIn(join(home, 'b')).prepareTree(at(web, commit), 'pristine');
    assert.equal(await readFile(join(from ?? '', 'src/code.py'), 'utf8'), text);
  }
  await assert.rejects(
    datasetsIn(join(home, 'b')).prepareTree(at(web, '2'.repeat(40)), 'pristine'),
    missing(/no such commit/),
  );
  assert.equal((await readdir(join(home, 'b', 'trees'))).length, 2);
});

/** A git daemon over a folder of repositories; answers its address. */
async function serveDaemon(t: TestContext, folder: string): Promise<string> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const options = ['--export-all', '--reuseaddr', '--listen=127.0.0.1', `--base-path=${folder}`];
    const child = spawn('git', ['daemon', '--verbose', ...options, `--port=${port}`, folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...OWN, HOME: folder },
      detached: true,
    });
    t.after(() => {
      // The daemon proper is a child of git's own.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    while (child.exitCode === null && !said.includes('Ready to rumble')) await sleep(20);
    if (child.exitCode === null) return `git://127.0.0.1:${port}`;
  }
}

/** A web server that knows nothing of git. */
async function serveFiles(t: TestContext, folder: string): Promise<string> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    readFile(join(folder, path)).then(
      (data) => response.end(data),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
