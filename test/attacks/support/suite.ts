import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import type { Named } from './collect.ts';
import { carryOut } from './judge.ts';
import { AT_ONCE } from './try-all.ts';
import { openWorld, type World } from './world.ts';

/** Attacks as tests: each must come out as its file declares. */
export function suite(kind: Sandbox['kind'], attacks: readonly Named[]): void {
  describe(`${kind}: attacks`, { concurrency: AT_ONCE }, () => {
    let world: World;
    before(async () => {
      world = await openWorld(kind);
    });
    after(async () => {
      await world.close();
    });
    for (const named of attacks) {
      const { theme, attack } = named;
      test(`${theme}: ${attack.title} (${attack.expected})`, async () => {
        const { wrong, outcome } = await carryOut(world, named);
        assert.deepEqual(wrong, [], JSON.stringify(outcome, null, 1).slice(0, 4000));
      });
    }
  });
}
