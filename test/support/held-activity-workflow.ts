import { proxyActivities } from '@temporalio/workflow';

const { held } = proxyActivities<{ held(): Promise<number> }>({
  startToCloseTimeout: '5 min',
  // Far beyond the test: what is found out by a missing heartbeat comes too late for it.
  heartbeatTimeout: '2 min',
  retry: { initialInterval: '10 ms' },
});

/** Answers the attempt at which the activity `held` came to its end. */
export async function heldActivity(): Promise<number> {
  return await held();
}
