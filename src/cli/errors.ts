import { SteadfastError } from '../domain/failures.ts';

/** A command line that cannot be understood; ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A request that cannot be carried out, said in full by its message; ends with exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A typed error as one of the command line's, which says its message and no more; any other as it is. */
export function told(error: unknown): unknown {
  return error instanceof SteadfastError ? new CommandError(error.message, { cause: error }) : error;
}

/** Wrappers that Temporal puts around the failure that a person needs to read. */
const WRAPPERS = new Set(['WorkflowFailedError', 'ActivityFailure', 'ChildWorkflowFailure']);

/** The failure inside Temporal's wrappers. */
export function rootCause(error: unknown): unknown {
  let at = error;
  while (at instanceof Error && WRAPPERS.has(at.name) && at.cause instanceof Error) at = at.cause;
  return at;
}

/** One clear message for a person: of the root cause, with its dotted type where it has one. */
export function messageOf(error: unknown): string {
  const cause = rootCause(error);
  if (!(cause instanceof Error)) return String(cause);
  const message = cause.message === '' ? cause.name : cause.message;
  if (cause.name === 'ServiceError') return `${message}: ${detailsOf(cause.cause)}`;
  const type: unknown = Reflect.get(cause, 'type');
  const isTyped = cause.name === 'ApplicationFailure' && typeof type === 'string' && type.includes('.');
  return isTyped ? `${message} (${type})` : message;
}

/** What the server said; gRPC puts it beside the message. */
function detailsOf(error: unknown): string {
  const details: unknown = error instanceof Error ? Reflect.get(error, 'details') : null;
  if (typeof details === 'string' && details !== '') return details;
  return error instanceof Error ? error.message : 'the server gave no reason';
}
