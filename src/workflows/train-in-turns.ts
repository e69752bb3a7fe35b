import type { RunningEpoch } from './running-epoch.ts';

/** Batch by batch, sampling and training in turns: every rollout is of the newest policy version. */
export async function trainInTurns(epoch: RunningEpoch): Promise<void> {
  const { list, batchSize } = epoch.input;
  while (epoch.hasMore && !epoch.state.draining) {
    const end = Math.min(list.count, epoch.state.cursor + batchSize);
    while (epoch.state.cursor < end && (await epoch.startNext())) await epoch.tellSometimes();
    await epoch.allEnded();
    await epoch.hold.released();
    const batch = epoch.untrained.takeAll();
    if (batch.length > 0) await epoch.step(batch);
    await epoch.continueWhenLong();
  }
}
