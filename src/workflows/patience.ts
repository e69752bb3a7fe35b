import { isCancellation, patched, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { FailureType } from '../domain/failures.ts';
import { knownFailure } from './failures.ts';

/** What is wrong with the machinery, says nothing of the work, and mends by itself or by whoever looks after the host. */
const MACHINERY: ReadonlySet<string> = new Set<FailureType>([
  'Sandbox.Unavailable',
  'Sandbox.DiskFull',
  'Sandbox.RateLimit',
  'Artifact.DiskFull',
]);

/** A full store alone: a sandbox that is open stays so, and what its last command has left is kept beside it. */
export const FULL_STORE: ReadonlySet<string> = new Set<FailureType>(['Artifact.DiskFull']);

/** Before the next try: twice as long each time, so that a day of waiting is some 150 tries. */
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 600_000;
/** By then somebody has seen it. Of waiting, not of the clock, which goes on while the platform itself is down. */
const PATIENCE_MS = 24 * 3600_000;

/**
 * Does something in a sandbox, again and again while no host has a daemon, space or the images for it: no work may be lost
 * by what waiting mends. `change` names the patch behind which a workflow waits, `waitsFor` the types of failure.
 */
export async function patiently<T>(
  change: string,
  work: () => Promise<T>,
  waitsFor: ReadonlySet<string> = MACHINERY,
): Promise<T> {
  let waitedMs = 0;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs)) {
    try {
      return await work();
    } catch (error) {
      const failure = isCancellation(error) ? null : knownFailure(error, 'Sandbox.Failed');
      const waits = failure !== null && waitsFor.has(failure.type) && waitedMs < PATIENCE_MS;
      if (!waits || !patched(change)) throw error;
      setCurrentDetails(`tried again in ${waitMs / 1000} s: ${failure.message}`);
      await sleep(waitMs);
      waitedMs += waitMs;
    }
  }
}
