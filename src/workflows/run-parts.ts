import { ChildWorkflowCancellationType, ParentClosePolicy, patched } from '@temporalio/workflow';
import type { InstanceList, ResolvedRun } from '../activities/contract.ts';
import type { CurriculumFacts } from '../domain/run-summary.ts';
import { checkModel, openTraining, records } from './activities.ts';
import { endWith } from './failures.ts';
import type { PolicyState } from './inputs.ts';
import { contextOf, isWithoutGaps, type PreparedRun } from './run-state.ts';
import { said } from './said.ts';
import { shuffledList } from './shuffled-list.ts';

/** A cancelled run waits until its children have closed what they held; a terminated one at least cancels them. */
export const CHILD = {
  cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
} as const;

/**
 * A workflow worker that dies with a task in hand is noticed after this long: with the start of the next one it stays within 5 s. Replaying the longest of a group's and a
 * rollout's histories takes well under a second, so a task that takes longer is lost.
 */
export const TASK_TIMEOUT = '4 s';

/** The policy that a run begins with: the newest published step in train mode, else the model as it is. */
export async function firstPolicy(resolved: ResolvedRun): Promise<PolicyState> {
  const { run, config, plan } = resolved;
  const { model, apiBase } = plan;
  if (plan.mode === 'train') {
    return await openTraining.executeWithOptions(said(plan, `load ${model}`), [{ run, config }]);
  }
  await checkModel.executeWithOptions({ summary: `check ${model}`.slice(0, 100) }, [{ model, apiBase }]);
  return { policy: { version: 0, model, apiBase }, step: 0, manifest: null };
}

/** The instances of an epoch in its order, and how they were chosen where there is a curriculum. */
export interface EpochList extends InstanceList {
  readonly curriculum?: CurriculumFacts;
}

/** How many epochs the next child goes through. */
export function epochsAtOnce({ resolved: { plan }, epochsDone }: PreparedRun): number {
  return isWithoutGaps(plan) && patched('epochs-at-once') ? plan.epochs - epochsDone : 1;
}

/** The list of an epoch; of an inference run the list itself, both without what is in quarantine. */
export async function listOfEpoch(state: PreparedRun, number: number): Promise<EpochList> {
  const { plan } = state.resolved;
  if (plan.chooses === true) return await chosenList(state, number);
  if (plan.mode === 'train') return await shuffledList(contextOf(state.resolved), state.list, number);
  // Whoever wants no filter wants every instance.
  if (!plan.qualityFilter || !patched('quarantine')) return state.list;
  const { ref, count } = state.list;
  return await records.leaveOutQuarantined.executeWithOptions(
    said(contextOf(state.resolved), 'leave out what is in quarantine'),
    [{ list: ref, count }],
  );
}

/** By what the groups of earlier epochs came to, as their records have it: nothing of it is carried. */
async function chosenList(state: PreparedRun, epoch: number): Promise<EpochList> {
  const { run, config } = state.resolved;
  const { ref: list, count } = state.list;
  return await records.chooseInstances.executeWithOptions(
    said(contextOf(state.resolved), `instances of epoch ${epoch}`),
    [{ run, config, list, count, epoch }],
  );
}

/** What a run ends with that has no instance left. */
export function nothingToUse(data: string, droppedWithoutTests: number): Error {
  const why =
    droppedWithoutTests === 0 ? '' : `: ${droppedWithoutTests} have no FAIL_TO_PASS or no PASS_TO_PASS`;
  return endWith({ type: 'Instance.Invalid', message: `No instance in ${data} can be used${why}.` });
}
