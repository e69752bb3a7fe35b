import { CancellationScope, log } from '@temporalio/workflow';
import type { RecordedTrajectory, RecordTrajectoryInput } from '../activities/contract.ts';
import type { FailureType } from '../domain/failures.ts';
import { records } from './activities.ts';
import { knownFailure } from './failures.ts';
import type { RunContext } from './inputs.ts';
import type { RolloutHead } from './messages.ts';
import { said } from './said.ts';

/** What a timeout means, by the phase it came in. */
export const TIMEOUT_IN = {
  opening: 'Sandbox.Unavailable',
  sampling: 'Model.Unreachable',
  tools: 'Sandbox.Failed',
  grading: 'Grade.Failed',
  recording: 'Artifact.Missing',
  ended: 'Sandbox.Failed',
} as const satisfies Record<RolloutHead['phase'], FailureType>;

/**
 * Writes a trajectory, cancelled or not, and answers what counts of it; null where it cannot be written, which is no reason to
 * lose the result.
 */
export async function writtenTrajectory(
  context: RunContext,
  input: RecordTrajectoryInput,
): Promise<RecordedTrajectory | null> {
  try {
    return await CancellationScope.nonCancellable(
      async () =>
        await records.recordTrajectory.executeWithOptions(said(context, `record: ${input.stopReason}`), [
          input,
        ]),
    );
  } catch (error) {
    if (knownFailure(error, 'Artifact.Missing') === null) throw error;
    log.error('trajectory not written', { error });
    return null;
  }
}
