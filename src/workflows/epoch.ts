import { isCancellation, TemporalFailure } from '@temporalio/workflow';
import { collect } from './collect.ts';
import { resultOf, type EpochResult } from './epoch-state.ts';
import type { EpochInput } from './inputs.ts';
import { RunningEpoch } from './running-epoch.ts';
import { trainBesideSampling } from './train-beside-sampling.ts';
import { trainInTurns } from './train-in-turns.ts';

/**
 * One pass over a list: in train mode with a gradient step for each batch, otherwise sampling only. Held, it begins nothing;
 * drained, it finishes what it has begun. Continues as new with its cursor and the groups still in flight.
 */
export async function epoch(input: EpochInput): Promise<EpochResult> {
  const running = new RunningEpoch(input);
  try {
    await wayOf(input)(running);
  } catch (error) {
    // A bug, in contrast, fails the task and must command nothing.
    if (isCancellation(error) || error instanceof TemporalFailure) await running.cancel();
    throw error;
  }
  return resultOf(running.state);
}

/** How an epoch works through its list. */
function wayOf({ mode, maxStaleness, oversample }: EpochInput): (epoch: RunningEpoch) => Promise<void> {
  if (mode !== 'train') return collect;
  return maxStaleness === undefined && oversample === undefined ? trainInTurns : trainBesideSampling;
}
