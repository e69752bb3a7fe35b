import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { InstanceRef } from '../activities/contract.ts';
import type { Verdict } from '../domain/run-summary.ts';
import type { FilterInput, JudgeInput } from './inputs.ts';
import { judge } from './judge.ts';
import { CHILD } from './run-parts.ts';

/**
 * Judges an instance in a child of its own name, so that what was found stays in sight. One of that name that runs already
 * is that of an instance that the data has twice, or of a filter that was terminated: the verdict that it keeps answers the
 * activity then.
 */
export async function judgeInChild(
  filter: Pick<FilterInput, 'context' | 'flakeChance'>,
  instance: InstanceRef,
): Promise<Verdict> {
  const { context, flakeChance } = filter;
  const { sandbox, heartbeatSeconds } = context;
  const input: JudgeInput = {
    context: { sandbox, ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }) },
    instance,
    ...(flakeChance === undefined ? {} : { flakeChance }),
  };
  try {
    return await executeChild(judge, {
      ...CHILD,
      workflowId: `${workflowInfo().workflowId}/${instance.instanceId}`,
      args: [input],
      staticSummary: instance.instanceId.slice(0, 100),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return await judge(input);
  }
}
