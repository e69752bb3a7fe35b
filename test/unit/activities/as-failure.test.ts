import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { asFailure } from '../../../src/activities/as-failure.ts';
import { type FailureType, SteadfastError } from '../../../src/domain/failures.ts';

const PERMANENT: Readonly<Record<FailureType, boolean>> = {
  'Config.Invalid': true,
  'Instance.Invalid': true,
  'Instance.SourceMissing': true,
  'Instance.PatchDoesNotApply': true,
  'Instance.RequirementsMissing': true,
  'Sandbox.Unavailable': false,
  'Sandbox.ImageMissing': true,
  'Sandbox.RateLimit': false,
  'Sandbox.Gone': false,
  'Sandbox.DiskFull': false,
  'Sandbox.Failed': false,
  'Model.Unreachable': false,
  'Model.Silent': false,
  'Model.RateLimit': false,
  'Model.Unknown': true,
  'Model.BadRequest': true,
  'Model.BadResponse': false,
  'Model.Unauthorized': true,
  'Model.ContextOverflow': true,
  'Trainer.Unreachable': false,
  'Trainer.ModelUnavailable': true,
  'Trainer.Conflict': true,
  'Trainer.Doubtful': true,
  'Trainer.OutOfMemory': true,
  'Trainer.Storage': false,
  'Trainer.Failed': false,
  'Artifact.Missing': false,
  'Artifact.Corrupt': true,
  'Artifact.DiskFull': false,
  'Grade.Failed': false,
};

for (const [type, permanent] of Object.entries(PERMANENT) as [FailureType, boolean][]) {
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

test('a failure of Temporal’s own passes; the cancellation of something else is a failure that is retried', () => {
  const typed = ApplicationFailure.nonRetryable('no', 'Other');
  assert.equal(asFailure(typed), typed);
  const failure = asFailure(new CancelledFailure('CANCELLED'));
  assert.ok(failure instanceof ApplicationFailure && failure.nonRetryable === false);
});

function isRetried(type: FailureType, attempt: number): boolean {
  const failure = asFailure(new SteadfastError(type, 'why'), attempt);
  assert.ok(failure instanceof ApplicationFailure);
  return !failure.nonRetryable;
}

for (const type of ['Artifact.Missing', 'Model.Silent'] as const) {
  test(`${type} is given up after five attempts`, () => {
    const retried = [1, 4, 5, 6].map((attempt) => isRetried(type, attempt));
    assert.deepEqual(retried, [true, true, false, false]);
  });
}

test('an unforeseen error is retried, and its message and cause stay short', () => {
  const failure = asFailure(new TypeError('x'.repeat(10_000), { cause: new Error('y'.repeat(10_000)) }));
  assert.ok(failure instanceof ApplicationFailure);
  assert.equal(failure.type, 'Unforeseen');
  assert.equal(failure.nonRetryable, false);
  assert.ok(failure.message.startsWith('TypeError: xxx'));
  assert.ok(failure.message.length < 2100 && (failure.cause?.message.length ?? 0) < 600);
});

test('a full disk is named', () => {
  const failure = asFailure(Object.assign(new Error('write'), { code: 'ENOSPC' }));
  assert.ok(failure instanceof ApplicationFailure);
  assert.equal(failure.type, 'Artifact.DiskFull');
});

test('what is no error at all is still a failure', () => {
  assert.match(asFailure('nonsense').message, /nonsense/);
});
