import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../domain/failures.ts';
import { sandboxName } from '../domain/ids.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import type { OpenInput } from './contract-sandbox.ts';
import { SNAPSHOT_BYTES } from './sandbox-state.ts';
import { isDamage } from './stored.ts';

/**
 * The archive that puts a new sandbox into the rollout's state; null for the state at opening. Where the kept one is
 * damaged, the sandbox before it is taken instead, if it is on this host and still in that very state.
 */
export async function readState(
  input: OpenInput,
  artifacts: Artifacts,
  sandbox: Sandbox,
): Promise<Buffer | null> {
  const { run, rollout, epoch, state } = input;
  if (state.kind === 'start') return null;
  if (state.kind === 'too_large') {
    const gone: FailureType = 'Sandbox.Gone';
    throw ApplicationFailure.nonRetryable(
      `the state of ${rollout} was too large to be kept off its host`,
      gone,
    );
  }
  try {
    return await artifacts.getSnapshot(run, rollout, state.sha256);
  } catch (error) {
    if (!isDamage(error) || epoch === 1) throw error;
    const found = await sandbox.snapshot(sandboxName(rollout, epoch - 1), SNAPSHOT_BYTES).catch(() => null);
    // A command of which nobody has heard may have run there since: it is going to be made again.
    if (found === null || found.fingerprint !== state.fingerprint) throw error;
    return found.archive;
  }
}

/**
 * Closes what is open on this host of the rollout's epochs before this one, gradings among it: it takes memory from the
 * next. What does not close is left to the host's reaper.
 */
export async function closeEarlier(input: OpenInput, adapters: readonly Sandbox[]): Promise<void> {
  const { rollout, epoch } = input;
  if (epoch === 1) return;
  const earlier = Array.from({ length: epoch - 1 }, (_, i) => sandboxName(rollout, i + 1));
  for (const sandbox of adapters) {
    try {
      for (const { name } of await sandbox.list()) {
        const isEarlier = earlier.some((of) => name === of || name.startsWith(`${of}/`));
        if (isEarlier) await sandbox.close(name);
      }
    } catch (error) {
      Context.current().log.warn('an earlier sandbox was not closed', { rollout, reason: String(error) });
    }
  }
}
