import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HostSlots } from '../../../src/workers/host-slots.ts';

const never = new AbortController().signal;

describe('HostSlots', () => {
  it('grants a permit only while a slot is free, and wakes who waits', async () => {
    const slots = new HostSlots(2);
    await slots.reserveSlot(null, never);
    slots.hold('a');
    assert.equal(slots.tryReserveSlot(), null);
    let granted = false;
    const waiting = slots.reserveSlot(null, never).then(() => (granted = true));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(granted, false);
    slots.release('a');
    await waiting;
    assert.equal(slots.free, 0);
  });

  it('counts a permit until its activity has ended, then the sandbox that it opened', () => {
    const slots = new HostSlots(2);
    slots.tryReserveSlot();
    slots.hold('a');
    slots.releaseSlot();
    assert.equal(slots.free, 1);
    slots.hold('a');
    assert.equal(slots.free, 1);
  });

  it('gives up a wait that is aborted, and serves the next', async () => {
    const slots = new HostSlots(1);
    slots.hold('a');
    const abort = new AbortController();
    const waiting = slots.reserveSlot(null, abort.signal);
    abort.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
    slots.release('a');
    assert.notEqual(slots.tryReserveSlot(), null);
  });
});
