import type { Sandbox } from '../../../src/ports/sandbox.ts';
import type { Named } from './collect.ts';
import { carryOut, type Judged } from './judge.ts';
import { openWorld } from './world.ts';

/** As many as run side by side: each has a sandbox of one core. */
export const AT_ONCE = 2;

/** Carries out attacks in one world, in whatever order they end; `withStock` asks the stock grader too, `done` hears of each. */
export async function tryAll(
  kind: Sandbox['kind'],
  attacks: readonly Named[],
  { atOnce, withStock }: { readonly atOnce: number; readonly withStock: boolean },
  done: (judged: Judged) => void,
): Promise<readonly Judged[]> {
  const world = await openWorld(kind);
  const queue = attacks.entries();
  const judged: Judged[] = [];
  try {
    const worker = async () => {
      for (const [index, named] of queue) {
        const one = await carryOut(world, named, withStock);
        judged[index] = one;
        done(one);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    await world.close();
  }
  return judged;
}
