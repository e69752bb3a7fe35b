import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { SteadfastError, isPermanent } from '../domain/failures.ts';

/** Failures land in histories, whose payloads stay small. */
const MESSAGE_CHARACTERS = 2000;

/**
 * Turns whatever an activity caught into what Temporal should hear: a SteadfastError becomes a failure of its dotted
 * type, retried unless its type is permanent and not before the other side's own delay; Temporal's own failures pass;
 * anything else is unforeseen and retried under the activity's policy.
 */
export function asFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof SteadfastError) {
    return ApplicationFailure.create({
      type: error.type,
      message: brief(error.message),
      nonRetryable: isPermanent(error.type),
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

function brief(message: string): string {
  return message.length > MESSAGE_CHARACTERS ? `${message.slice(0, MESSAGE_CHARACTERS)}…` : message;
}

/** The original error in brief; its own causes and properties are for logs. */
function causeOf(error: Error): { cause?: Error } {
  if (!(error.cause instanceof Error)) return {};
  const cause = new Error(brief(error.cause.message));
  cause.name = error.cause.name;
  cause.stack = '';
  return { cause };
}
