import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { Box, adapter, makeHost } from './host.ts';
import { WILD, listingOf, sessionOf } from './wild-tree.ts';

describe('a sandbox moves from one kind of host to the other', () => {
  let host: Awaited<ReturnType<typeof makeHost>>;

  before(async () => {
    host = await makeHost();
  });
  after(async () => {
    await host.remove();
  });

  const open = async (kind: Sandbox['kind']) => await Box.open(adapter(kind, host.stateDir), host.tree);
  const ways: readonly (readonly [Sandbox['kind'], Sandbox['kind']])[] = [
    ['bubblewrap', 'docker'],
    ['docker', 'bubblewrap'],
  ];
  for (const [from, to] of ways) {
    test(`from ${from} to ${to} and back`, async () => {
      const boxes = [await open(from), await open(to), await open(from)] as const;
      const [first, second, third] = boxes;
      try {
        const { exitCode, output } = await first.run(WILD);
        assert.equal(exitCode, 0, output);
        const [listing, session] = [await listingOf(first), await sessionOf(first)];
        await second.sandbox.restore(second.name, (await first.snapshot()).archive);
        assert.deepEqual(await listingOf(second), listing);
        assert.equal(await sessionOf(second), session);
        await second.output('echo further >/testbed/further; rm -r /testbed/inner');
        const further = await listingOf(second);
        await third.sandbox.restore(third.name, (await second.snapshot()).archive);
        assert.deepEqual(await listingOf(third), further);
      } finally {
        for (const box of boxes) await box.close();
      }
    });
  }
});
