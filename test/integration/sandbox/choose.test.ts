import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import Docker from 'dockerode';
import { inspectBubblewrap } from '../../../src/adapters/sandbox/bubblewrap/inspect.ts';
import { createSandboxes } from '../../../src/adapters/sandbox/choose.ts';
import { daemonProxy } from './daemon-proxy.ts';
import { optionsFor } from './host.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'choose-test-'));
const options = optionsFor(stateDir);
const nowhere = new Docker({ socketPath: '/nonexistent/docker.sock' });

after(() => rmSync(stateDir, { recursive: true }));
beforeEach(() => rmSync(join(stateDir, 'auto-takes-docker'), { force: true }));

test('auto takes Docker where its daemon answers', async () => {
  assert.equal((await createSandboxes(options).choose('auto')).kind, 'docker');
  assert.equal((await createSandboxes(options).choose('docker')).kind, 'docker');
  assert.deepEqual(
    (await createSandboxes(options).all()).map(({ kind }) => kind),
    ['docker', 'bubblewrap'],
  );
});

test('auto takes bubblewrap where no daemon answers', async () => {
  assert.equal((await createSandboxes(options, nowhere).choose('auto')).kind, 'bubblewrap');
  assert.deepEqual(
    (await createSandboxes(options, nowhere).all()).map(({ kind }) => kind),
    ['bubblewrap'],
  );
});

test('auto decides once: a daemon that is away is waited for, and not left for another environment', async () => {
  const proxy = await daemonProxy(join(stateDir, 'docker.sock'));
  const sandboxes = createSandboxes(options, proxy.docker);
  assert.equal((await sandboxes.choose('auto')).kind, 'docker');
  await proxy.close();
  const away = { type: 'Sandbox.Unavailable' };
  await assert.rejects((await sandboxes.choose('auto')).list(), away);
  assert.deepEqual(
    (await sandboxes.all()).map(({ kind }) => kind),
    ['docker', 'bubblewrap'],
    'it may hold sandboxes still',
  );
  // So for the next process of this host, until it is told otherwise.
  const next = createSandboxes(options, proxy.docker);
  await assert.rejects(next.choose('auto'), { ...away, message: /taken on this host before.*Start it, or/ });
  assert.equal((await next.choose('bubblewrap')).kind, 'bubblewrap');
});

test('auto stays with bubblewrap when a daemon comes up later', async () => {
  const path = join(stateDir, 'later.sock');
  const sandboxes = createSandboxes(options, new Docker({ socketPath: path }));
  assert.equal((await sandboxes.choose('auto')).kind, 'bubblewrap');
  const proxy = await daemonProxy(path);
  assert.equal((await sandboxes.choose('auto')).kind, 'bubblewrap');
  assert.equal((await sandboxes.choose('docker')).kind, 'docker');
  await proxy.close();
});

test('a choice is taken at its word', async () => {
  assert.equal((await createSandboxes(options).choose('bubblewrap')).kind, 'bubblewrap');
  await assert.rejects(createSandboxes(options, nowhere).choose('docker'), {
    type: 'Sandbox.Unavailable',
    message: /daemon does not answer/,
  });
});

test('bubblewrap as root bounds everything', async () => {
  const { usable, bounds, version } = await inspectBubblewrap();
  assert.equal(usable, true);
  assert.match(version ?? '', /^0\.\d+/);
  assert.deepEqual(bounds, { memory: true, pids: true, cpus: true, disk: true });
});
