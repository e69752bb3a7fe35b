import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApplicationFailure, ActivityFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { messageOf } from '../../../src/cli/errors.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';

describe('messageOf', () => {
  it('unwraps a failed workflow to what an activity said', () => {
    const said = ApplicationFailure.nonRetryable('no answer from http://e/v1', 'Model.Unreachable');
    const activity = new ActivityFailure(
      'Activity task failed',
      'checkModel',
      '1',
      'TIMEOUT',
      undefined,
      said,
    );
    const error = new WorkflowFailedError('Workflow execution failed', activity, 'NON_RETRYABLE_FAILURE');
    assert.equal(messageOf(error), 'no answer from http://e/v1 (Model.Unreachable)');
  });

  it('keeps the message of our own errors, whatever caused them', () => {
    const error = new SteadfastError('Artifact.DiskFull', 'no space left', { cause: new Error('ENOSPC') });
    assert.equal(messageOf(error), 'no space left');
  });

  it('adds what the server said to an error of the connection', () => {
    const cause = Object.assign(new Error('3 INVALID_ARGUMENT'), { details: 'Invalid cron string' });
    const error = Object.assign(new Error('Failed to create schedule', { cause }), { name: 'ServiceError' });
    assert.equal(messageOf(error), 'Failed to create schedule: Invalid cron string');
  });

  it('says something for anything that was thrown', () => {
    assert.equal(messageOf('text'), 'text');
    assert.equal(messageOf(new TypeError('')), 'TypeError');
  });
});
