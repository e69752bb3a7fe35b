import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unlessAborted } from '../../../src/domain/unless-aborted.ts';

test('work is waited for to its end, with a signal and without', async (t) => {
  assert.equal(await unlessAborted(Promise.resolve(1), undefined), 1);
  assert.equal(await unlessAborted(Promise.resolve(2), t.signal), 2);
  await assert.rejects(unlessAborted(Promise.reject(new Error('no disk')), t.signal), /no disk/);
});

test('whose signal fires waits no longer, and a failure of the work is nobody’s afterwards', async () => {
  const work = Promise.withResolvers<number>();
  const stop = new AbortController();
  const waiting = unlessAborted(work.promise, stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(waiting, /stopped/);
  await assert.rejects(unlessAborted(work.promise, stop.signal), /stopped/, 'nor who comes later');
  work.reject(new Error('unheard'));
});
