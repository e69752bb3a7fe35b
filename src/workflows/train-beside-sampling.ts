import { condition } from '@temporalio/workflow';
import type { RunningEpoch } from './running-epoch.ts';

/** Steps in the order of the list, while groups of coming batches are sampled from policies that are some steps old. */
export async function trainBesideSampling(epoch: RunningEpoch): Promise<void> {
  const sampling = { isOver: false };
  await Promise.all([sampleAhead(epoch, sampling), trainInOrder(epoch, sampling)]);
}

/** Starts groups that are at most so many steps ahead of those whose batch has had its step. */
async function sampleAhead(epoch: RunningEpoch, sampling: { isOver: boolean }): Promise<void> {
  const { batchSize, maxStaleness = 0 } = epoch.input;
  const most = (maxStaleness + 1) * batchSize;
  const isDue = (): boolean => epoch.isEnding || epoch.state.cursor < epoch.untrained.trained + most;
  while (epoch.hasMore) {
    await condition(isDue);
    if (epoch.isEnding || !(await epoch.startNext())) break;
    await epoch.tellSometimes();
  }
  sampling.isOver = true;
}

async function trainInOrder(epoch: RunningEpoch, sampling: { readonly isOver: boolean }): Promise<void> {
  const { untrained, window } = epoch;
  const { list, batchSize } = epoch.input;
  while (untrained.trained < list.count) {
    const from = untrained.trained;
    const end = Math.min(list.count, from + batchSize);
    // Drained, the last batch is what has been begun of it.
    const isCut = (): boolean => sampling.isOver && epoch.state.cursor < end && window.inFlight.length === 0;
    await window.until(() => untrained.before(end).length === end - from || isCut());
    const batch = untrained.before(end);
    if (batch.length === 0) return;
    await epoch.hold.released();
    await epoch.step(batch);
    untrained.trainedTo(end);
    await epoch.continueWhenLong(() => sampling.isOver);
  }
}
