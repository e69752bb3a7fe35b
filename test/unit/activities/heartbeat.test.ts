import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { heartbeatWhile } from '../../../src/activities/heartbeat.ts';
import { activityEnvironment } from '../../support/run-activity.ts';

type CancelReason = Parameters<ReturnType<typeof activityEnvironment>['environment']['cancel']>[0];

/** Runs a body as an activity that nobody hears from for at most 300 ms. */
async function carriedOut<T>(
  body: (signal: AbortSignal, isCurrent: () => boolean, cancel: (reason: CancelReason) => void) => Promise<T>,
): Promise<T> {
  const activity = activityEnvironment({ heartbeatTimeoutMs: 300 });
  return await activity.run(
    async () =>
      await heartbeatWhile(
        async (signal, isCurrent) =>
          await body(signal, isCurrent, (reason) => activity.environment.cancel(reason)),
      ),
    null,
  );
}

function freeze(ms: number): void {
  for (const until = Date.now() + ms; Date.now() < until;);
}

test('an attempt that beats is current for as long as it takes', async () => {
  assert.equal(
    await carriedOut(async (_, isCurrent) => {
      await sleep(700);
      return isCurrent();
    }),
    true,
  );
});

test('one that was frozen for the timeout never is again', async () => {
  assert.deepEqual(
    await carriedOut(async (_, isCurrent) => {
      freeze(350);
      const first = isCurrent();
      await sleep(250);
      return [first, isCurrent()];
    }),
    [false, false],
  );
});

for (const [reason, expected] of [
  ['CANCELLED', true],
  ['NOT_FOUND', false],
  ['TIMED_OUT', false],
] as const) {
  test(`when the server says ${reason}, another attempt ${expected ? 'cannot' : 'may'} have begun`, async () => {
    let current: boolean | null = null;
    await assert.rejects(
      carriedOut(async (signal, isCurrent, cancel) => {
        cancel(reason);
        signal.addEventListener('abort', () => undefined);
        current = isCurrent();
        throw new Error('stopped');
      }),
      (error) => error instanceof CancelledFailure && error.message === reason,
    );
    assert.equal(current, expected);
  });
}

test(
  'a worker that shuts down says so at once, whether or not the body listens',
  { timeout: 5000 },
  async () => {
    const timer = setInterval(() => undefined, 1000);
    await assert.rejects(
      carriedOut(async (_signal, _isCurrent, cancel) => {
        cancel('WORKER_SHUTDOWN');
        await new Promise(() => undefined);
      }),
      (error) => error instanceof CancelledFailure && error.message === 'WORKER_SHUTDOWN',
    );
    clearInterval(timer);
  },
);

test('the cancellation of something else is a failure that is retried', async () => {
  await assert.rejects(
    carriedOut(async () => {
      throw new CancelledFailure('NOT_FOUND');
    }),
    (error) => error instanceof ApplicationFailure && error.nonRetryable === false,
  );
});
