import { ApplicationFailure } from '@temporalio/common';
import { type FailureType, SteadfastError, isPermanent } from '../domain/failures.ts';

/** Failures land in histories, whose payloads stay small. */
const MESSAGE_CHARACTERS = 2000;
const CAUSE_CHARACTERS = 500;

/** Attempts after which trying ends, where that is sooner than the step's own policy has it. */
const TRIES: Readonly<Partial<Record<FailureType, number>>> = {
  // A quarter of a minute or more in all: this is no store that is being mounted again.
  'Artifact.Missing': 5,
  // Each takes as long as a model may take, 10 minutes by default.
  'Model.Silent': 5,
};

/**
 * Turns whatever an activity caught into what Temporal should hear: a SteadfastError becomes a failure of its dotted
 * type, retried unless its type is permanent and not before the other side's own delay; Temporal's own failures pass;
 * anything else, another activity's cancellation among it, is unforeseen and retried under the activity's policy.
 */
export function asFailure(error: unknown, attempt = 1): Error {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof SteadfastError) {
    return ApplicationFailure.create({
      type: error.type,
      message: brief(error.message),
      nonRetryable: isPermanent(error.type) || attempt >= (TRIES[error.type] ?? Infinity),
      ...(error.retryAfterMs === null ? {} : { nextRetryDelay: error.retryAfterMs }),
      ...causeOf(error),
    });
  }
  const known = error instanceof Error ? error : new Error(String(error));
  const full = 'code' in known && known.code === 'ENOSPC';
  return ApplicationFailure.create({
    type: full ? 'Artifact.DiskFull' : 'Unforeseen',
    message: brief(`${known.name}: ${known.message}`),
    ...causeOf(known),
  });
}

function brief(message: string, characters = MESSAGE_CHARACTERS): string {
  // Half of a surrogate pair has no place in a message of the wire: the worker would die of it.
  return (message.length > characters ? `${message.slice(0, characters)}…` : message).toWellFormed();
}

/** The original error in brief; its own causes and properties are for logs. */
function causeOf(error: Error): { cause?: Error } {
  if (!(error.cause instanceof Error)) return {};
  const cause = new Error(brief(error.cause.message, CAUSE_CHARACTERS));
  cause.name = error.cause.name;
  cause.stack = '';
  return { cause };
}
