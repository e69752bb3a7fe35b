import { workflowInfo } from '@temporalio/workflow';

/** Whether it is time to continue as new: when the server suggests it, or at a limit that a test sets. */
export function hasGrownLong(limit: number | undefined): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return limit === undefined ? continueAsNewSuggested : historyLength >= limit;
}
