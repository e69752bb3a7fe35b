import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Worker } from '@temporalio/worker';
import { workflowBundle } from '../support/stub-workers.ts';

interface History {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: { readonly workflowId: string };
  }[];
}

const HISTORIES = join(import.meta.dirname, 'histories');

describe('kept histories', async () => {
  const files = (await readdir(HISTORIES, { recursive: true }))
    .filter((file) => file.endsWith('.json'))
    .toSorted();
  assert.ok(files.length > 0, 'there is no history');
  for (const file of files) {
    it(`replays ${file.replace(/\.json$/, '')}`, async () => {
      const history = JSON.parse(await readFile(join(HISTORIES, file), 'utf8')) as History;
      // Ids of children and reports are made of it.
      const workflowId = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
      await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, workflowId);
    });
  }
});
