import type { RunningEpoch } from './running-epoch.ts';

/** Samples without training, in a sliding window: the next group starts as soon as one has ended. */
export async function collect(epoch: RunningEpoch): Promise<void> {
  while (epoch.hasMore && (await epoch.startNext())) {
    await epoch.tellSometimes();
    await epoch.continueWhenLong();
  }
  await epoch.allEnded();
  await epoch.tell(null);
}
