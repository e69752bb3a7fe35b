import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { endingOf, knownFailure } from '../../../src/workflows/failures.ts';

const ofActivity = (cause: Error) =>
  new ActivityFailure('activity', 'runTool', '1', RetryState.RETRY_POLICY_NOT_SET, 'worker', cause);
const ofChild = (cause: Error) =>
  new ChildWorkflowFailure(
    'default',
    { workflowId: 'w', runId: 'r' },
    'filter',
    RetryState.RETRY_POLICY_NOT_SET,
    cause,
  );

describe('knownFailure', () => {
  it('reads type and message below the frames of activities and children', () => {
    const inner = ApplicationFailure.nonRetryable('no image', 'Sandbox.ImageMissing');
    const expected = { type: 'Sandbox.ImageMissing', message: 'no image' };
    assert.deepEqual(knownFailure(ofActivity(inner), 'Sandbox.Failed'), expected);
    assert.deepEqual(knownFailure(ofChild(ofActivity(inner)), 'Sandbox.Failed'), expected);
  });

  it('takes a task that nobody took for a lost host, and any other timeout for what was tried', () => {
    const lost = new TimeoutFailure('t', undefined, TimeoutType.SCHEDULE_TO_START);
    const slow = new TimeoutFailure('t', undefined, TimeoutType.HEARTBEAT);
    assert.equal(knownFailure(ofActivity(lost), 'Sandbox.Failed')?.type, 'Sandbox.Gone');
    assert.equal(knownFailure(ofActivity(slow), 'Grade.Failed')?.type, 'Grade.Failed');
  });

  it('names what the attempts failed with when their time is over', () => {
    const over = Object.assign(new TimeoutFailure('t', undefined, TimeoutType.SCHEDULE_TO_CLOSE), {
      cause: ApplicationFailure.retryable('429', 'Model.RateLimit'),
    });
    assert.equal(knownFailure(ofActivity(over), 'Model.Unreachable')?.type, 'Model.RateLimit');
  });

  it('tells a child that was terminated from one that failed', () => {
    const terminated = knownFailure(ofChild(new TerminatedFailure('by a person')), 'Sandbox.Failed');
    assert.equal(terminated?.type, 'Terminated');
  });

  it('leaves a bug alone', () => {
    assert.equal(knownFailure(new TypeError('x is not a function'), 'Sandbox.Failed'), null);
  });

  it('bounds the message', () => {
    const long = ApplicationFailure.nonRetryable('x'.repeat(10_000), 'Model.BadResponse');
    assert.ok((knownFailure(ofActivity(long), 'Model.BadResponse')?.message.length ?? 0) < 1000);
  });
});

describe('endingOf', () => {
  it('says which run is in the way', () => {
    const ending = endingOf(new WorkflowExecutionAlreadyStartedError('x', 'mine/epoch-1', 'epoch'));
    assert.ok(ending instanceof ApplicationFailure);
    assert.match(ending.message, /mine\/epoch-1 is in progress/);
    assert.equal(ending.nonRetryable, true);
  });
});
