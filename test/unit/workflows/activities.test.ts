import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActivityOptions } from '@temporalio/workflow';
import { TABLE } from '../../../src/workflows/activities.ts';

for (const [name, options] of Object.entries<ActivityOptions>(TABLE)) {
  test(`${name} is bounded by attempts, and by no clock that goes on while nothing runs`, () => {
    assert.ok((options.retry?.maximumAttempts ?? 0) > 0, 'attempts');
    assert.ok(options.startToCloseTimeout !== undefined, 'one attempt');
    assert.equal(options.scheduleToCloseTimeout, undefined);
  });
}
