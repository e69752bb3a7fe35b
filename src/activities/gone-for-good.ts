import { ApplicationFailure } from '@temporalio/common';
import { SteadfastError } from '../domain/failures.ts';

/**
 * Carries out what needs the rollout's own sandbox. Within an epoch a sandbox that is gone never comes back, so no retry
 * helps: its workflow hears of it at once, and opens the next.
 */
export async function goneForGood<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof SteadfastError) || error.type !== 'Sandbox.Gone') throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.type);
  }
}
