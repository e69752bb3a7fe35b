import { proxyActivities } from '@temporalio/workflow';

// A minute is far beyond what a no-op needs; it only keeps a broken run from hanging.
const { nothing } = proxyActivities<{ nothing: () => Promise<void> }>({ startToCloseTimeout: '1 minute' });

/** Calls a no-op activity, one after another. */
export async function chain(calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) await nothing();
}
