import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { startFilter } from '../../../src/cli/start-filter.ts';
import { startVerify } from '../../../src/cli/start-verify.ts';

interface Started {
  readonly workflowId: string;
  readonly memo: Readonly<Record<string, unknown>>;
}

/** A server that lets one workflow of an id go on at a time; `begun` are those that do, by id. */
function serverWith(begun: Map<string, Started>): Client {
  const workflow = {
    start: async (type: string, options: Started) => {
      await Promise.resolve();
      if (begun.has(options.workflowId)) {
        throw new WorkflowExecutionAlreadyStartedError('goes on', options.workflowId, type);
      }
      begun.set(options.workflowId, options);
    },
    getHandle: (id: string) => ({ describe: () => Promise.resolve({ memo: begun.get(id)?.memo }) }),
  };
  return { workflow } as unknown as Client;
}

describe('a verification that goes on', () => {
  const client = serverWith(new Map());
  const asked = { run: 'r', share: 0.1 };

  it('is attached to by the same options', async () => {
    assert.deepEqual(await startVerify(client, asked), { workflowId: 'r/verify', attached: false });
    assert.deepEqual(await startVerify(client, asked), { workflowId: 'r/verify', attached: true });
  });

  it('is not taken for one by other options', async () => {
    await assert.rejects(startVerify(client, { run: 'r' }), {
      name: 'CommandError',
      message:
        'r is being verified already, with {"run":"r","share":0.1}: wait for it, or end it: ' +
        'temporal workflow cancel --workflow-id r/verify',
    });
  });

  it('is not taken for one where an older build started it, which kept no options', async () => {
    const older = serverWith(new Map([['r/verify', { workflowId: 'r/verify', memo: {} }]]));
    await assert.rejects(startVerify(older, asked), /is being verified already, with another input/);
  });
});

it('a filter is attached to whatever the order of its options', async () => {
  const client = serverWith(new Map());
  assert.deepEqual(await startFilter(client, 'f', { data: 'd', seed: 1 }), { attached: false });
  assert.deepEqual(await startFilter(client, 'f', { seed: 1, data: 'd' }), { attached: true });
  await assert.rejects(startFilter(client, 'f', { data: 'd' }), /f goes on already, .*another --name/);
});
