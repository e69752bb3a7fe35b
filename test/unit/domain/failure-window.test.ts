import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  newestFailure,
  NO_ATTEMPTS,
  tooManyFailures,
  withFailure,
  withSuccesses,
  type FailureWindow,
} from '../../../src/domain/failure-window.ts';

const failed = (window: FailureWindow, count: number, type = 'Sandbox.Gone') => {
  let after = window;
  for (let i = 1; i <= count; i++) after = withFailure(after, { type, message: `failure ${i}` });
  return after;
};

describe('newestFailure', () => {
  it('has its type for as long as the window has, and its message for as long as nobody forgets it', () => {
    assert.equal(newestFailure(NO_ATTEMPTS), null);
    const one = withFailure(NO_ATTEMPTS, { type: 'Model.BadRequest', message: 'no tools' });
    assert.equal(newestFailure(withSuccesses(one, 99)), 'Model.BadRequest: no tools');
    assert.equal(newestFailure(withSuccesses(one, 100)), 'no tools');
    const two = withFailure(one, { type: 'Sandbox.Gone', message: '' });
    assert.equal(newestFailure(two), 'Sandbox.Gone');
  });
});

describe('tooManyFailures', () => {
  it('holds at the sixth of a hundred by default, and says by what', () => {
    const five = failed(withSuccesses(NO_ATTEMPTS, 94), 5);
    assert.equal(tooManyFailures(five, 0.05), null);
    const six = withFailure(five, { type: 'Sandbox.DiskFull', message: 'no space left' });
    assert.equal(
      tooManyFailures(six, 0.05),
      '6 of the last 100 attempts failed, most by Sandbox.Gone: no space left',
    );
  });

  it('names what most of them failed by, not what came first', () => {
    const first = withFailure(NO_ATTEMPTS, { type: 'Sandbox.DiskFull', message: 'no space left' });
    assert.match(tooManyFailures(failed(first, 5), 0.05) ?? '', /most by Sandbox\.Gone: failure 5$/);
  });

  it('does not wait for the hundredth attempt', () => {
    assert.match(tooManyFailures(failed(NO_ATTEMPTS, 6), 0.05) ?? '', /^6 of the last 6 attempts/);
  });

  it('looks back on a hundred attempts alone', () => {
    const old = withSuccesses(failed(NO_ATTEMPTS, 6), 95);
    assert.equal(old.ends.length, 100);
    assert.equal(tooManyFailures(old, 0.05), null);
    assert.equal(withSuccesses(old, 1000).ends.length, 100);
  });

  it('never holds at a share of 1', () => {
    assert.equal(tooManyFailures(failed(NO_ATTEMPTS, 300), 1), null);
  });

  it('keeps the message short', () => {
    const long = withFailure(NO_ATTEMPTS, { type: 'Model.BadResponse', message: 'x'.repeat(5000) });
    assert.equal(long.message.length, 300);
  });
});
