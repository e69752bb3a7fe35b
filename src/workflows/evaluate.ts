import { setCurrentDetails, setHandler, startChild, workflowInfo } from '@temporalio/workflow';
import { fileSafe } from '../domain/ids.ts';
import { meanReward } from '../domain/rollout-totals.ts';
import type { EvaluationTotals } from '../domain/run-summary.ts';
import { loadInstances } from './activities.ts';
import { ChildOrders } from './child-orders.ts';
import { epoch } from './epoch.ts';
import { Hold } from './hold.ts';
import type { EvaluateInput } from './inputs.ts';
import { drainSignal } from './messages.ts';
import { reportPhase } from './report-phase.ts';
import { CHILD } from './run-parts.ts';
import { said } from './said.ts';

export interface EvaluateResult {
  readonly evaluations: readonly EvaluationTotals[];
  readonly nextGroup: number;
}

/**
 * Samples a policy on each named set, one after another; the quality filter is not applied. Drained, it ends with what it
 * has: a set that was cut short counts the instances that were begun.
 */
export async function evaluate(input: EvaluateInput): Promise<EvaluateResult> {
  const { context, when, policy } = input;
  const evaluations: EvaluationTotals[] = [];
  const orders = new ChildOrders();
  const hold = new Hold((reason) => orders.setHold(reason));
  let draining = false;
  setHandler(drainSignal, () => {
    draining = true;
    orders.setDrain();
  });
  let nextGroup = input.firstGroup;
  for (const { name, data } of input.sets) {
    await hold.released();
    if (draining) break;
    const { list } = await loadInstances.executeWithOptions(said(context, `load ${name}`), [
      { data, requireNonZeroTests: input.requireNonZeroTests, shuffleSeed: null },
    ]);
    await hold.released();
    const child = await startChild(epoch, {
      ...CHILD,
      workflowId: `${workflowInfo().workflowId}/${fileSafe(name)}`,
      args: [
        {
          context,
          mode: 'inference',
          purpose: `${when}/${name}`,
          list,
          rolloutsPerInstance: input.rolloutsPerInstance,
          batchSize: 1,
          concurrency: input.concurrency,
          start: { policy, step: policy.version, manifest: null },
          firstGroup: nextGroup,
          reportTo: input.reportTo,
        },
      ],
      staticSummary: `${name}: ${list.count} instances, ${input.rolloutsPerInstance} rollouts each`,
    });
    orders.add(child.workflowId);
    const result = await child.result();
    orders.delete(child.workflowId);
    const instances = result.nextGroup - nextGroup;
    nextGroup = result.nextGroup;
    if (draining && instances === 0) break;
    const evaluation = { set: name, when, policyVersion: policy.version, instances, ...result.totals };
    evaluations.push(evaluation);
    setCurrentDetails(`${name}: mean reward ${(meanReward(evaluation) ?? 0).toFixed(3)}`);
    await reportPhase(input.reportTo, { phase: 'evaluated', evaluation });
  }
  return { evaluations, nextGroup };
}
