import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withoutServer } from '../../../src/cli/host-sandboxes.ts';
import { identify } from '../../../src/local/process-identity.ts';

it('with the server away, a lease that ran out counts only where its worker is dead', () => {
  const verdict = { verdict: 'leave', reason: '' } as const;
  const self = identify(process.pid) ?? null;
  const dead = { pid: process.pid, born: 'long ago' };
  const lease = { name: 'n', host: 'h', expiresAt: new Date(1000).toISOString() };
  assert.equal(withoutServer(verdict, { ...lease, process: dead }, 2000).verdict, 'end');
  assert.equal(withoutServer(verdict, { ...lease, process: dead }, 999).verdict, 'leave');
  assert.equal(withoutServer(verdict, { ...lease, process: self }, 2000).verdict, 'leave');
  assert.equal(withoutServer(verdict, { ...lease, process: null }, 2000).verdict, 'leave');
  assert.equal(withoutServer(verdict, null, 2000).verdict, 'leave');
});
