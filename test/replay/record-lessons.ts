import { STUB_PLAN, StubRun } from '../support/stub-run.ts';
import type { Recording } from './recording.ts';

/** A train run whose batches are filled up where groups have no lesson: in turns, and beside sampling. */
export async function recordFilled(on: Recording): Promise<void> {
  for (const [name, change] of [
    ['filled', {}],
    ['filled-beside', { maxStaleness: 1 }],
  ] as const) {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, oversample: 2, ...change };
    const activities = stub.activities({
      recordGroup: async ({ group }) => ({
        record: `${group}`.padStart(64, '0'),
        teaches: group !== 2 && group !== 5,
      }),
    });
    await on.inRun(name, activities, async () => {
      await (await on.started(name)).result();
      await on.keep(name, `train-${name}`);
      await on.keep(`${name}/epoch-1`, `epoch-${name}`);
      await on.keep(`${name}/g-000002`, `group-${name}`);
    });
  }
}
