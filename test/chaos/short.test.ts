import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { checkWorld } from './invariants.ts';
import { survived } from './ledger.ts';
import type { Row, RowSession } from './row.ts';
import { allRows } from './rows/index.ts';
import type { RunRow } from './session.ts';
import { type Tried, tryRow } from './try-row.ts';
import type { WorldOptions } from './world-options.ts';
import { ChaosWorld } from './world.ts';

const rows = await allRows();

/** A few seeds of every row; a failing one is seen at length by `npm run chaos -- --faults <row> --seed <n>`. */
suite('the chaos suite, in short', { timeout: 1_740_000 }, () => {
  const worlds = new Map<WorldOptions | undefined, Promise<ChaosWorld>>();

  async function worldOf(options: WorldOptions | undefined): Promise<ChaosWorld> {
    const started = worlds.get(options) ?? ChaosWorld.start(options);
    worlds.set(options, started);
    return await started;
  }

  async function open(row: Row): Promise<RowSession> {
    return isRunRow(row) ? await row.openIn(await worldOf(row.world)) : await row.open();
  }

  after(async () => {
    for (const starting of worlds.values()) await (await starting).close();
  });

  for (const row of rows) {
    test(row.name, async () => {
      const tried: Tried[] = [];
      const seeds = Array.from({ length: row.short }, (_, i) => i + 1);
      const shared: Row = { ...row, open: async () => await open(row) };
      const problem = await tryRow(
        shared,
        seeds,
        () => true,
        (one) => tried.push(one),
      );
      const bad = tried.filter(({ outcome }) => !survived(outcome));
      assert.deepEqual(
        bad.map(({ seed, outcome }) => `seed ${seed}: ${outcome.broken}`),
        [],
      );
      assert.equal(problem, '');
      assert.equal(tried.length, row.short);
    });
  }

  test('nothing is left, and no secret is in any file', async () => {
    for (const starting of worlds.values()) {
      const { broken } = await checkWorld(await starting);
      assert.deepEqual(broken, []);
    }
  });
});

function isRunRow(row: Row): row is RunRow {
  return 'openIn' in row;
}
