import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { pino } from 'pino';
import type { OwnerState } from '../../../src/domain/sandbox-claim.ts';
import { Leases } from '../../../src/local/leases.ts';
import { HostSlots } from '../../../src/workers/host-slots.ts';
import { reapHost } from '../../../src/workers/reaper/host.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const logger = pino({ level: 'silent' });
const RUNNING: OwnerState = { kind: 'running', memo: null };

function world(t: TestContext, names: readonly string[], answer: (id: string) => OwnerState) {
  const sandbox = fakeSandbox();
  for (const name of names) sandbox.opened.add(name);
  const slots = new HostSlots(4);
  const leases = new Leases(temporaryHome(t));
  const asked: string[] = [];
  const reaper = {
    sandboxes: { choose: async () => sandbox, all: async () => [sandbox] },
    slots,
    leases,
    ask: async (id: string) => {
      asked.push(id);
      return answer(id);
    },
    host: 'a',
    self: null,
    logger,
  };
  return { sandbox, slots, leases, asked, reaper };
}

const id = (member: number) => `r/g-000001/i/${member}.1`;

describe('reapHost', () => {
  it('renews what runs, ends what has ended, and counts the slots', async (t) => {
    const names = [id(1), `${id(1)}/grade-1`, id(2), `${id(2)}/grade-1`];
    const { reaper, sandbox, slots, leases, asked } = world(t, names, (owner) =>
      owner === id(1) ? RUNNING : { kind: 'ended' },
    );
    slots.hold(id(3));
    await reapHost(reaper);
    assert.deepEqual([...sandbox.opened], [id(1), `${id(1)}/grade-1`]);
    assert.deepEqual(slots.held(), [id(1)]);
    assert.deepEqual(
      leases
        .all()
        .map(({ name }) => name)
        .toSorted(),
      [id(1), `${id(1)}/grade-1`],
    );
    assert.deepEqual(asked.toSorted(), [id(1), id(2)]);
  });

  it('touches nothing while the server is away, asks little, and keeps the slots', async (t) => {
    const names = Array.from({ length: 40 }, (_, i) => id(i + 1));
    const { reaper, sandbox, slots, leases, asked } = world(t, names, () => ({ kind: 'unreachable' }));
    // The fake's sandboxes have no deadline in the past.
    await reapHost(reaper);
    assert.equal(sandbox.opened.size, 40);
    assert.equal(leases.all().length, 0);
    assert.equal(slots.held().length, 40);
    assert.ok(asked.length <= 8, `${asked.length} questions`);
  });

  it('keeps slots and leases while an adapter does not say what it holds', async (t) => {
    const { reaper, sandbox, slots, leases } = world(t, [id(1)], () => RUNNING);
    slots.hold(id(2));
    leases.renew(id(2), 'a', null);
    const silent = { ...fakeSandbox(), list: async () => await Promise.reject(new Error('no daemon')) };
    await reapHost({
      ...reaper,
      sandboxes: { choose: async () => sandbox, all: async () => [silent, sandbox] },
    });
    assert.deepEqual(slots.held().toSorted(), [id(1), id(2)]);
    assert.equal(leases.read(id(2))?.host, 'a');
  });

  it('looks at all of them though no lease can be written', async (t) => {
    const { reaper, sandbox, leases } = world(t, [id(1), id(2)], (owner) =>
      owner === id(1) ? RUNNING : { kind: 'ended' },
    );
    leases.renew = () => {
      throw new Error('no space left on device');
    };
    await reapHost(reaper);
    assert.deepEqual([...sandbox.opened], [id(1)]);
  });

  it('goes on after one that does not end, and tries it again', async (t) => {
    const { reaper, sandbox } = world(t, [id(1), id(2)], () => ({ kind: 'ended' }));
    let refused = 0;
    const stubborn = {
      ...sandbox,
      close: async (name: string) => {
        if (name === id(1) && refused++ === 0) throw new Error('busy');
        await sandbox.close(name);
      },
    };
    const again = { ...reaper, sandboxes: { choose: async () => stubborn, all: async () => [stubborn] } };
    await reapHost(again);
    assert.deepEqual([...sandbox.opened], [id(1)]);
    await reapHost(again);
    assert.deepEqual([...sandbox.opened], []);
  });
});
