import { executeChild, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { fileSafe } from '../domain/ids.ts';
import type { EvaluationTotals } from '../domain/run-summary.ts';
import { records } from './activities.ts';
import { epoch } from './epoch.ts';
import type { EvaluateInput } from './inputs.ts';
import { reportPhase } from './report-phase.ts';
import { CHILD } from './run-parts.ts';
import { meanReward } from './totals.ts';

export interface EvaluateResult {
  readonly evaluations: readonly EvaluationTotals[];
  readonly nextGroup: number;
}

/** Samples a policy on each named set, one after another; the quality filter is not applied. */
export async function evaluate(input: EvaluateInput): Promise<EvaluateResult> {
  const { context, when, policy } = input;
  const evaluations: EvaluationTotals[] = [];
  let nextGroup = input.firstGroup;
  for (const { name, data } of input.sets) {
    const { list } = await records.loadInstances.executeWithOptions({ summary: `load ${name}` }, [
      { data, requireNonZeroTests: input.requireNonZeroTests, shuffleSeed: null },
    ]);
    const result = await executeChild(epoch, {
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
    nextGroup = result.nextGroup;
    const evaluation = {
      set: name,
      when,
      policyVersion: policy.version,
      instances: list.count,
      ...result.totals,
    };
    evaluations.push(evaluation);
    setCurrentDetails(`${name}: mean reward ${meanReward(evaluation).toFixed(3)}`);
    await reportPhase(input.reportTo, { phase: 'evaluated', evaluation });
  }
  return { evaluations, nextGroup };
}
