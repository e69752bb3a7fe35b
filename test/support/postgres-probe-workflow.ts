import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

/** What the probe's worker does: the least that goes through every part of a server. */
export interface ProbeActivities {
  double(value: number): Promise<number>;
}

export const goOnSignal = defineSignal('goOn');

// Nothing is done but arithmetic; the second attempt is for a server that was killed while the first ran.
const { double } = proxyActivities<ProbeActivities>({ startToCloseTimeout: '5 seconds' });

/** Doubles a number `times` times, then waits for a signal, then doubles it once more. */
export async function probe(input: { value: number; times: number }): Promise<number> {
  let goesOn = false;
  setHandler(goOnSignal, () => {
    goesOn = true;
  });
  let { value } = input;
  for (let time = 0; time < input.times; time++) value = await double(value);
  await condition(() => goesOn);
  return await double(value);
}
