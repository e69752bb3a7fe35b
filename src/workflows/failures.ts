import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { TimeoutType, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { FailureType } from '../domain/failures.ts';

/** What a record or a decision needs of a failure: its dotted type and a message of bounded length. */
export interface KnownFailure {
  readonly type: string;
  readonly message: string;
}

/** Longer messages (a server's traceback) would land in every history above this one. */
const MESSAGE_LIMIT = 600;

/**
 * Reads the failure of an activity or a child workflow; null for any other error, which is a bug and must fail the
 * workflow task instead. `onTimeout` names a timeout of the step that was tried.
 */
export function knownFailure(error: unknown, onTimeout: FailureType): KnownFailure | null {
  if (!(error instanceof ActivityFailure) && !(error instanceof ChildWorkflowFailure)) return null;
  const cause = rootCause(error);
  if (cause instanceof TimeoutFailure) {
    if (cause.timeoutType === TimeoutType.SCHEDULE_TO_START) {
      return { type: 'Sandbox.Gone', message: 'No worker of the host took the task: the host is lost.' };
    }
    return { type: typeInside(cause) ?? onTimeout, message: cut(`${onTimeout}: ${cause.message}`) };
  }
  if (cause instanceof ApplicationFailure)
    return { type: cause.type ?? onTimeout, message: cut(cause.message) };
  if (cause instanceof TerminatedFailure) return { type: 'Terminated', message: 'It was terminated.' };
  return { type: onTimeout, message: cut(cause instanceof Error ? cause.message : String(cause)) };
}

/** A failure of the same type that ends the workflow which throws it. */
export function endWith(failure: KnownFailure): ApplicationFailure {
  return ApplicationFailure.nonRetryable(failure.message, failure.type);
}

/** What a run fails with: the failure of its step, told once and in its own words; a bug stays what it is. */
export function endingOf(error: unknown): unknown {
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    const message = `${error.workflowId} is in progress already: another run of that name has not ended.`;
    return endWith({ type: 'Config.Invalid', message });
  }
  const failure = knownFailure(error, 'Sandbox.Failed');
  return failure === null ? error : endWith(failure);
}

/** Below the frames that Temporal puts around a failure. */
function rootCause(error: unknown): unknown {
  let cause: unknown = error;
  while ((cause instanceof ActivityFailure || cause instanceof ChildWorkflowFailure) && cause.cause) {
    cause = cause.cause;
  }
  return cause;
}

/** The type of the last attempt's failure, which a timeout over all attempts carries as its cause. */
function typeInside(timeout: TimeoutFailure): string | null {
  return timeout.cause instanceof ApplicationFailure ? (timeout.cause.type ?? null) : null;
}

function cut(text: string): string {
  return (text.length <= MESSAGE_LIMIT ? text : `${text.slice(0, MESSAGE_LIMIT)} …`).toWellFormed();
}
