import { Context } from '@temporalio/activity';
import { asFailure } from './as-failure.ts';

/** An activity hears of its cancellation by its beats only; each is a write on the server. */
const LONGEST_BEAT_MS = 4000;

/**
 * Carries out an activity's body: heartbeats by timer at a third of the heartbeat timeout, passes the signal that
 * aborts on cancellation, and turns errors into typed failures. `isCurrent` says whether no other attempt can have taken
 * over yet: a process that was frozen for longer than the timeout must leave what it holds to the next one. `details` is
 * what a person sees of the activity while it goes on.
 */
export async function heartbeatWhile<T>(
  body: (signal: AbortSignal, isCurrent: () => boolean) => Promise<T>,
  details: () => unknown = () => undefined,
): Promise<T> {
  const context = Context.current();
  const { heartbeatTimeoutMs = Number.POSITIVE_INFINITY } = context.info;
  const signal = context.cancellationSignal;
  let beatAt = performance.now();
  let late = false;
  const isCurrent = (): boolean => {
    late ||= performance.now() - beatAt >= heartbeatTimeoutMs;
    // The server's own word, which comes when it comes: it has given the task to another attempt, or is about to.
    return !late && (!signal.aborted || reasonOf(signal) === 'CANCELLED');
  };
  const beat = setInterval(
    () => {
      if (isCurrent()) beatAt = performance.now();
      context.heartbeat(details());
    },
    Math.max(100, Math.min(LONGEST_BEAT_MS, heartbeatTimeoutMs / 3)),
  );
  context.heartbeat();
  try {
    return await Promise.race([body(signal, isCurrent), shutDown(signal)]);
  } catch (error) {
    // What an adapter throws when its signal aborts is beside the point: the activity was cancelled.
    if (signal.aborted) throw cancellation(signal);
    throw asFailure(error, context.info.attempt);
  } finally {
    clearInterval(beat);
  }
}

/**
 * Rejects once the worker has to go: its process ends whether or not the body listens, and what is said now need not be
 * found out by the heartbeat timeout. The SDK reports it as a failure that is retried.
 */
async function shutDown(signal: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => {
    const tell = (): void => {
      if (reasonOf(signal) === 'WORKER_SHUTDOWN') reject(cancellation(signal));
    };
    if (signal.aborted) tell();
    else signal.addEventListener('abort', tell, { once: true });
  });
}

function reasonOf(signal: AbortSignal): string {
  return cancellation(signal).message;
}

function cancellation(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
