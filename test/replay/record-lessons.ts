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

/** A train run whose three epochs one child goes through. */
export async function recordWithoutGaps(on: Recording): Promise<void> {
  const stub = new StubRun();
  stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, epochs: 3, maxStaleness: 1 };
  await on.inRun('gapless', stub.activities(), async () => {
    await (await on.started('gapless')).result();
    await on.keep('gapless', 'train-gapless');
    await on.keep('gapless/epoch-1', 'epoch-gapless');
  });
}

/** A train run that chooses the instances of each epoch, and rests two of them in the second. */
export async function recordChosen(on: Recording): Promise<void> {
  const stub = new StubRun();
  stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, epochs: 2, chooses: true };
  const activities = stub.activities({
    chooseInstances: async ({ epoch }) => ({
      ...stub.list(epoch === 1 ? 4 : 2),
      curriculum:
        epoch === 1
          ? { restingSolved: 0, restingUnsolved: 0, solveRate: null }
          : { restingSolved: 1, restingUnsolved: 1, solveRate: 0.5 },
    }),
  });
  await on.inRun('chosen', activities, async () => {
    const handle = await on.started('chosen', { historyLimit: 10 });
    await handle.result();
    await on.keep('chosen', 'train-chosen', handle.firstExecutionRunId);
    await on.keep('chosen', 'train-chosen-second');
    await on.keep('chosen/epoch-2', 'epoch-chosen');
  });
}
