import type { InstanceList } from '../activities/contract.ts';
import { deriveSeed } from '../domain/seeds.ts';
import { records } from './activities.ts';
import type { RunContext } from './inputs.ts';
import { said } from './said.ts';

/** A run's instances without what is in quarantine: another order each epoch, of the run's seed and the epoch's number alone. */
export async function shuffledList(
  context: RunContext,
  { ref, count }: InstanceList,
  epoch: number,
): Promise<InstanceList> {
  return await records.shuffleInstances.executeWithOptions(said(context, `order of epoch ${epoch}`), [
    { list: ref, count, seed: deriveSeed(context.seed, 'epoch', epoch) },
  ]);
}
