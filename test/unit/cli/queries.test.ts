import assert from 'node:assert/strict';
import { it } from 'node:test';
import { QUERY_NAMES } from '../../../src/cli/queries.ts';
import { UPDATE_NAMES } from '../../../src/cli/updates.ts';
import {
  cancelUpdate,
  drainUpdate,
  headQuery,
  pauseUpdate,
  progressQuery,
  resumeUpdate,
} from '../../../src/workflows/messages.ts';

it('the CLI asks by the names that the workflows answer to', () => {
  assert.deepEqual(QUERY_NAMES, { progress: progressQuery.name, head: headQuery.name });
  const updates = { pause: pauseUpdate, resume: resumeUpdate, drain: drainUpdate, cancel: cancelUpdate };
  for (const [name, update] of Object.entries(updates))
    assert.equal(update.name, UPDATE_NAMES[name as keyof typeof UPDATE_NAMES]);
});
