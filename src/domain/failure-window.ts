/** How the last attempts ended. */
export interface FailureWindow {
  /** Failure types of the newest attempts, oldest first; null for one that did not fail. */
  readonly ends: readonly (string | null)[];
  /** Of the newest failure. */
  readonly message: string;
}

/** The window of a run that has seen no attempt, or has been told to forget them. */
export const NO_ATTEMPTS: FailureWindow = { ends: [], message: '' };

/** Attempts that the window looks back on. */
const WINDOW = 100;

/** A reason is shown in one line. */
const MESSAGE_LIMIT = 300;

/** The window after `count` more attempts that did not fail. */
export function withSuccesses(window: FailureWindow, count: number): FailureWindow {
  const more = Array.from({ length: Math.min(WINDOW, count) }, () => null);
  return { ...window, ends: [...window.ends, ...more].slice(-WINDOW) };
}

/** The window after one more failed attempt. */
export function withFailure(
  window: FailureWindow,
  failure: { readonly type: string; readonly message: string },
): FailureWindow {
  return {
    ends: [...window.ends, failure.type].slice(-WINDOW),
    message: failure.message.slice(0, MESSAGE_LIMIT),
  };
}

/** The newest failure, with its type where the window still has it; null where none is known. */
export function newestFailure({ ends, message }: FailureWindow): string | null {
  const type = ends.findLast((end) => end !== null);
  if (message === '') return type ?? null;
  return type === undefined ? message : `${type}: ${message}`;
}

/**
 * Why a run should hold itself, or null: more than `maxShare` x 100 of the last 100 attempts failed. A run that has made
 * fewer is held at the same number of failures, so that one which begins badly does not go on to the hundredth.
 */
export function tooManyFailures(window: FailureWindow, maxShare: number): string | null {
  const types = window.ends.filter((type) => type !== null);
  if (types.length <= maxShare * WINDOW) return null;
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  const [most = ''] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return `${types.length} of the last ${window.ends.length} attempts failed, most by ${most}: ${window.message}`;
}
