import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createContext, type Context, type Part } from '../../../src/local/setup/context.mjs';
import { holdLock } from '../../../src/local/setup/lock.mjs';
import { dockerAddress } from '../../../src/local/setup/docker.mjs';
import { dependencies } from '../../../src/local/setup/parts/dependencies.mjs';
import { isNewEnough } from '../../../src/local/setup/parts/node.mjs';
import { isRecent, temporal } from '../../../src/local/setup/parts/temporal.mjs';
import { uv } from '../../../src/local/setup/parts/uv.mjs';
import type { Ended } from '../../../src/local/setup/process.mjs';
import { runParts } from '../../../src/local/setup/run-parts.mjs';
import { temporaryHome } from '../../support/temporary-home.ts';

const succeeded: Ended = { code: 0, stdout: '', stderr: '' };

/** A context whose programs are a function, on a machine with nothing on PATH but what is named. */
function fakeContext(t: TestContext, program: (line: string) => Ended, installed: string[] = []): Context {
  const folder = temporaryHome(t);
  const context = createContext({ STEADFAST_CACHE: join(folder, 'cache') }, (command, args) =>
    Promise.resolve(program([command, ...args].join(' '))),
  );
  return {
    ...context,
    root: folder,
    which: (name) => (installed.includes(name) ? `/bin/${name}` : undefined),
  };
}

function touch(file: string): Ended {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  return succeeded;
}

test('Docker is asked where DOCKER_HOST says, and where it listens by default when that is empty', () => {
  assert.deepEqual(dockerAddress('unix:///run/d.sock'), { socketPath: '/run/d.sock' });
  assert.deepEqual(dockerAddress('tcp://gpu:2376'), { host: 'gpu', port: 2376 });
  for (const unset of ['', undefined])
    assert.deepEqual(dockerAddress(unset), { socketPath: '/var/run/docker.sock' });
  assert.equal(dockerAddress('gpu'), undefined);
});

test('a lock whose process ended is taken, though another process has its number now', async (t) => {
  const file = join(temporaryHome(t), 'setup.lock');
  writeFileSync(file, `${process.pid} 1`);
  const release = await holdLock(file, () => assert.fail('it waits for itself'));
  assert.match(readFileSync(file, 'utf8'), new RegExp(`^${process.pid} (?!1$)`));
  release();
});

test('nothing to do is one line', async (t) => {
  const lines: string[] = [];
  const part: Part = { name: 'thing', check: () => true, make: () => assert.fail('it is there') };
  await runParts(
    [part],
    fakeContext(t, () => succeeded),
    (line) => lines.push(line),
  );
  assert.match(lines.join('\n'), /^set-up: all there \(\d+\.\d s\)$/);
});

test('a part waits for those it names, and one that fails stops only those that wait for it', async (t) => {
  const made: string[] = [];
  const part = (name: string, after: string[] = [], fails = false): Part => ({
    name,
    after,
    check: () => made.includes(name),
    make: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (fails) throw new Error(`${name} is broken`);
      made.push(name);
      return name;
    },
  });
  const parts = [
    part('first'),
    part('second', ['first']),
    part('broken', [], true),
    part('third', ['broken']),
  ];
  const going = runParts(
    parts,
    fakeContext(t, () => succeeded),
    () => undefined,
  );
  await assert.rejects(going, /broken is broken/);
  assert.deepEqual(made, ['first', 'second']);
});

test('npm packages are installed when the lock changes, and not again', async (t) => {
  let runs = 0;
  const context = fakeContext(t, (line) => {
    assert.match(line, /^npm ci/);
    runs += 1;
    mkdirSync(join(context.root, 'node_modules'), { recursive: true });
    return succeeded;
  });
  writeFileSync(
    join(context.root, 'package-lock.json'),
    '{"packages":{"node_modules/a":{"version":"1.0.0"}}}',
  );
  for (let times = 0; times < 2; times++) await runParts([dependencies], context, () => undefined);
  assert.equal(runs, 1);
  writeFileSync(
    join(context.root, 'package-lock.json'),
    '{"packages":{"node_modules/a":{"version":"2.0.0"}}}',
  );
  assert.equal(await dependencies.check(context), false);
});

test("packages that npm installed by hand are taken, other platforms' optional ones aside", async (t) => {
  const context = fakeContext(t, () => assert.fail('nothing to run'));
  mkdirSync(join(context.root, 'node_modules'));
  const lock = `{"packages":{"":{},"node_modules/a":{"version":"1.0.0"},"node_modules/b":{"version":"1.0.0","optional":true}}}`;
  writeFileSync(join(context.root, 'package-lock.json'), lock);
  const installed = '{"packages":{"node_modules/a":{"version":"1.0.0"}}}';
  writeFileSync(join(context.root, 'node_modules/.package-lock.json'), installed);
  assert.equal(await dependencies.check(context), true);
});

function versionOf(version: string): () => Ended {
  return () => ({ ...succeeded, stdout: `temporal version ${version} (Server 1.29.1)` });
}

test('temporal: the own one when new enough, else built with go, else one clear message', async (t) => {
  const own = fakeContext(t, versionOf('1.6.2'), ['temporal']);
  mkdirSync(dirname(own.paths.temporal), { recursive: true });
  symlinkSync('/nonexistent/temporal', own.paths.temporal);
  assert.match(await temporal.make(own), /own taken/);
  const built = fakeContext(
    t,
    (line) =>
      line.includes('install')
        ? touch(join(dirname(built.paths.temporal), 'build/temporal'))
        : versionOf('1.2.0')(),
    ['temporal', 'go'],
  );
  assert.match(await temporal.make(built), /built/);
  assert.equal(await temporal.check(built), true);
  const broken = fakeContext(t, () => ({ ...succeeded, code: 1, stderr: 'no such module' }), ['go']);
  await assert.rejects(temporal.make(broken), /temporal 1\.5 or newer on PATH[^]*no such module/);
});

test('uv falls back to the one on PATH, else says what to install', async (t) => {
  const failed = { code: 1, stdout: '', stderr: 'No module named pip' };
  const own = fakeContext(t, () => failed, ['uv']);
  // The own one of another time, which has moved since.
  mkdirSync(dirname(own.paths.uv), { recursive: true });
  symlinkSync('/nonexistent/uv', own.paths.uv);
  assert.match(await uv.make(own), /own taken/);
  await assert.rejects(uv.make(fakeContext(t, () => failed)), /python3-pip.*\(pip: No module named pip\)/);
});

test('versions are compared as numbers', () => {
  assert.deepEqual(['20.19.0', '24.0.0', '100.1.0'].map(isNewEnough), [false, true, true]);
  const outputs = [
    'temporal version 1.5.1 (Server 1.29.1)',
    'temporal version 1.10.0',
    'temporal version 0.0.0-DEV',
  ];
  assert.deepEqual(outputs.map(isRecent), [true, true, false]);
});
