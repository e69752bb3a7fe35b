import assert from 'node:assert/strict';
import { test } from 'node:test';
import Docker from 'dockerode';
import { inspectBubblewrap } from '../../../src/adapters/sandbox/bubblewrap/inspect.ts';
import { createSandboxes } from '../../../src/adapters/sandbox/choose.ts';
import { optionsFor } from './host.ts';

const options = optionsFor('/nonexistent/state');
const nowhere = new Docker({ socketPath: '/nonexistent/docker.sock' });

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
