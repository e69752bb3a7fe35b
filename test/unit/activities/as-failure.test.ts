import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { asFailure } from '../../../src/activities/as-failure.ts';
import { type FailureType, SteadfastError } from '../../../src/domain/failures.ts';

const PERMANENT: readonly [FailureType, boolean][] = [
  ['Config.Invalid', true],
  ['Sandbox.ImageMissing', true],
  ['Sandbox.Gone', false],
  ['Model.RateLimit', false],
  ['Model.ContextOverflow', true],
  ['Model.Unauthorized', true],
  ['Model.BadResponse', false],
  ['Trainer.OutOfMemory', true],
  ['Artifact.Corrupt', true],
  ['Artifact.DiskFull', false],
];

for (const [type, permanent] of PERMANENT) {
  test(`${type} is ${permanent ? 'not retried' : 'retried'}`, () => {
    const failure = asFailure(new SteadfastError(type, 'why'));
    assert.ok(failure instanceof ApplicationFailure);
    assert.equal(failure.type, type);
    assert.equal(failure.message, 'why');
    assert.equal(failure.nonRetryable, permanent);
    assert.equal(failure.nextRetryDelay, undefined);
  });
}

test("the other side's delay is kept", () => {
  const failure = asFailure(new SteadfastError('Model.RateLimit', 'slow', { retryAfterMs: 1500 }));
  assert.ok(failure instanceof ApplicationFailure);
  assert.equal(failure.nextRetryDelay, 1500);
});

test("Temporal's own failures pass", () => {
  const cancelled = new CancelledFailure('CANCELLED');
  const typed = ApplicationFailure.nonRetryable('no', 'Other');
  assert.equal(asFailure(cancelled), cancelled);
  assert.equal(asFailure(typed), typed);
});

test('an unforeseen error is retried, and its message and cause stay short', () => {
  const failure = asFailure(new TypeError('x'.repeat(10_000), { cause: new Error('y'.repeat(10_000)) }));
  assert.ok(failure instanceof ApplicationFailure);
  assert.equal(failure.type, 'Unforeseen');
  assert.equal(failure.nonRetryable, false);
  assert.ok(failure.message.startsWith('TypeError: xxx'));
  assert.ok(failure.message.length < 2100 && (failure.cause?.message.length ?? 0) < 2100);
});

test('a full disk is named', () => {
  const failure = asFailure(Object.assign(new Error('write'), { code: 'ENOSPC' }));
  assert.ok(failure instanceof ApplicationFailure);
  assert.equal(failure.type, 'Artifact.DiskFull');
});

test('what is no error at all is still a failure', () => {
  assert.match(asFailure('nonsense').message, /nonsense/);
});
