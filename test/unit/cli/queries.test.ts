import assert from 'node:assert/strict';
import { it } from 'node:test';
import { QUERY_NAMES } from '../../../src/cli/queries.ts';
import { headQuery, progressQuery } from '../../../src/workflows/messages.ts';

it('the CLI asks by the names that the workflows answer to', () => {
  assert.deepEqual(QUERY_NAMES, { progress: progressQuery.name, head: headQuery.name });
});
