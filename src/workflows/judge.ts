import { isCancellation, patched, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { FailureType } from '../domain/failures.ts';
import type { Verdict } from '../domain/run-summary.ts';
import { judgeInstance } from './activities.ts';
import { knownFailure } from './failures.ts';
import type { JudgeInput } from './inputs.ts';
import { said } from './said.ts';

/** What is wrong with the machinery and says nothing of the instance. */
const MACHINERY: ReadonlySet<string> = new Set<FailureType>([
  'Sandbox.Unavailable',
  'Sandbox.DiskFull',
  'Sandbox.RateLimit',
  'Artifact.DiskFull',
]);

/** Before it is tried again: twice as long each time, so that a day of waiting is some 150 tries. */
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 600_000;
/** By then somebody has seen it; the instance is left out, by the failure's type. */
const PATIENCE_MS = 24 * 3600_000;

/**
 * Judges one instance by the quality filter's rules, on any host with room. A host without its daemon or without space is
 * waited for, since a sound instance must not be rejected for it.
 */
export async function judge(input: JudgeInput): Promise<Verdict> {
  const { context, instance, flakeChance } = input;
  const startedAt = Date.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs)) {
    try {
      const verdict = await judgeInstance.executeWithOptions(said(context, `judge ${instance.instanceId}`), [
        { instance, sandbox: context.sandbox, ...(flakeChance === undefined ? {} : { flakeChance }) },
      ]);
      setCurrentDetails(`${verdict.verdict}${verdict.reason === null ? '' : `: ${verdict.reason}`}`);
      return verdict;
    } catch (error) {
      const failure = isCancellation(error) ? null : knownFailure(error, 'Sandbox.Failed');
      const waits = failure !== null && MACHINERY.has(failure.type) && Date.now() - startedAt < PATIENCE_MS;
      if (!waits || !patched('judge-waits')) throw error;
      setCurrentDetails(`is tried again in ${waitMs / 1000} s: ${failure.message}`);
      await sleep(waitMs);
    }
  }
}
