import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { endOrphans } from '../../../src/local/platform-run.ts';
import {
  readLiveState,
  readState,
  releaseLock,
  takeLock,
  writeState,
  type PlatformState,
} from '../../../src/local/platform-state.ts';
import { identify, isAlive, type ProcessIdentity } from '../../../src/local/process-identity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

function self(): ProcessIdentity {
  const own = identify(process.pid);
  assert.ok(own);
  return own;
}

function stateOf(supervisor: ProcessIdentity, child: ProcessIdentity | null = null): PlatformState {
  return {
    supervisor,
    startedAt: '2026-01-01T00:00:00.000Z',
    phase: 'ready',
    ports: { temporal: 1, ui: 2, policy: 3 },
    model: null,
    processes: [{ name: 'policy', phase: 'ready', process: child, restarts: 0 }],
  };
}

test('platform.json of a live supervisor is read back', (t) => {
  const home = temporaryHome(t);
  writeState(home, stateOf(self()));
  assert.deepEqual(readLiveState(home), stateOf(self()));
});

test('platform.json whose pid now belongs to another process is stale', (t) => {
  const home = temporaryHome(t);
  writeState(home, stateOf({ pid: process.pid, born: 'long ago' }));
  assert.equal(readLiveState(home), undefined);
  assert.ok(readState(home));
});

test('a broken platform.json counts as none', (t) => {
  const home = temporaryHome(t);
  writeFileSync(join(home, 'platform.json'), '{"supervisor":');
  assert.equal(readLiveState(home), undefined);
});

test('one supervisor holds the lock; a dead holder does not keep it', (t) => {
  const home = temporaryHome(t);
  assert.equal(takeLock(home), true);
  assert.equal(takeLock(home), false);
  releaseLock(home);
  writeFileSync(join(home, 'platform.lock'), JSON.stringify({ pid: process.pid, born: 'long ago' }));
  assert.equal(takeLock(home), true);
});

test('the lock of a live platform on another host is refused; a minute after its last touch it is taken', (t) => {
  const home = temporaryHome(t);
  const file = join(home, 'platform.lock');
  writeFileSync(file, JSON.stringify({ pid: process.pid, born: 'there', host: 'gpu-box' }));
  assert.throws(
    () => takeLock(home),
    /platform of .* is up on gpu-box: steadfast down there, or set another STEADFAST_HOME/,
  );
  const before = new Date(Date.now() - 61_000);
  utimesSync(file, before, before);
  assert.equal(takeLock(home), true);
});

test('what a killed supervisor left is ended, and nothing else', async (t) => {
  const home = temporaryHome(t);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  assert.ok(child.pid);
  const orphan = identify(child.pid);
  assert.ok(orphan);
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  t.after(() => stranger.kill('SIGKILL'));
  assert.ok(stranger.pid);
  writeState(home, stateOf({ pid: stranger.pid, born: 'long ago' }, orphan));
  const ended = once(child, 'exit');
  await endOrphans(home);
  await ended;
  assert.equal(isAlive(orphan), false);
  assert.ok(identify(stranger.pid));
});
