import { condition } from '@temporalio/workflow';
import type { RunningEpoch } from './running-epoch.ts';

/**
 * Steps in the order of the list, beside the sampling of what the next ones need: groups of coming batches, from policies that
 * are some steps old, and one more for each group that turns out to have no lesson.
 */
export async function trainBesideSampling(epoch: RunningEpoch): Promise<void> {
  const sampling = { isOver: false };
  await Promise.all([sampleAhead(epoch, sampling), trainInOrder(epoch, sampling)]);
}

/** Starts a group where its batch, however the groups before it turn out, is so many steps ahead at most. */
async function sampleAhead(epoch: RunningEpoch, sampling: { isOver: boolean }): Promise<void> {
  const { maxStaleness = 0 } = epoch.input;
  const isDue = (): boolean =>
    epoch.isEnding || epoch.untrained.batchesBefore(epoch.state.cursor) <= maxStaleness;
  while (epoch.hasMore) {
    await condition(isDue);
    if (epoch.isEnding || !(await epoch.startNext())) break;
    await epoch.tellSometimes();
  }
  sampling.isOver = true;
}

async function trainInOrder(epoch: RunningEpoch, sampling: { readonly isOver: boolean }): Promise<void> {
  const { untrained, window } = epoch;
  // Drained, the last batch is what has been begun of it.
  const isCut = (): boolean => sampling.isOver && window.inFlight.length === 0;
  while (epoch.end === null || untrained.trained < epoch.end) {
    await window.until(() => untrained.next(epoch.end) !== null || isCut());
    const batch = untrained.next(epoch.end) ?? untrained.inOrder;
    if (batch.length === 0) return;
    await epoch.hold.released();
    await epoch.step(batch);
    untrained.trainedOn(batch);
    await epoch.continueWhenLong(() => sampling.isOver);
  }
}
