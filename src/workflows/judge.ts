import { setCurrentDetails } from '@temporalio/workflow';
import type { Verdict } from '../domain/run-summary.ts';
import { judgeInstance } from './activities.ts';
import type { JudgeInput } from './inputs.ts';
import { patiently } from './patience.ts';
import { said } from './said.ts';

/**
 * Judges one instance by the quality filter's rules, on any host with room. A host without its daemon or without space is
 * waited for, since a sound instance must not be rejected for it.
 */
export async function judge(input: JudgeInput): Promise<Verdict> {
  const { context, instance, flakeChance } = input;
  const verdict = await patiently(
    'judge-waits',
    async () =>
      await judgeInstance.executeWithOptions(said(context, `judge ${instance.instanceId}`), [
        { instance, sandbox: context.sandbox, ...(flakeChance === undefined ? {} : { flakeChance }) },
      ]),
  );
  setCurrentDetails(`${verdict.verdict}${verdict.reason === null ? '' : `: ${verdict.reason}`}`);
  return verdict;
}
