import { Context } from '@temporalio/activity';
import { asFailure } from './as-failure.ts';

/** An activity hears of its cancellation by its beats only; each is a write on the server. */
const LONGEST_BEAT_MS = 4000;

/**
 * Carries out an activity's body: heartbeats by timer at a third of the heartbeat timeout, passes the signal that
 * aborts on cancellation, and turns errors into typed failures.
 */
export async function heartbeatWhile<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const { heartbeatTimeoutMs } = context.info;
  const beat = setInterval(
    () => context.heartbeat(),
    heartbeatTimeoutMs === undefined
      ? LONGEST_BEAT_MS
      : Math.max(100, Math.min(LONGEST_BEAT_MS, heartbeatTimeoutMs / 3)),
  );
  context.heartbeat();
  try {
    return await body(context.cancellationSignal);
  } catch (error) {
    // What an adapter throws when its signal aborts is beside the point: the activity was cancelled.
    if (context.cancellationSignal.aborted) throw cancellation(context.cancellationSignal);
    throw asFailure(error);
  } finally {
    clearInterval(beat);
  }
}

function cancellation(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
