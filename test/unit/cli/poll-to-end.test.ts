import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, ServiceError, WorkflowFailedError } from '@temporalio/client';
import { pollToEnd } from '../../../src/cli/poll-to-end.ts';

const UNAVAILABLE = 14;
const PERMISSION_DENIED = 7;

function answeredWith(code: number): ServiceError {
  const cause = Object.assign(new Error('no connection'), { code, details: 'no connection', metadata: {} });
  return new ServiceError('Failed to get Workflow execution history', { cause });
}

/** Follows a workflow at a client that answers its result by these in turn. */
async function followed(...answers: readonly (Error | string)[]) {
  const left = [...answers];
  const result = (): Promise<unknown> => {
    const next = left.shift();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  };
  const ended = await pollToEnd<number, string>({
    client: { workflow: { getHandle: () => ({ result }) } } as unknown as Client,
    workflowId: 'w',
    signal: AbortSignal.timeout(20_000),
    ask: () => Promise.reject(answeredWith(UNAVAILABLE)),
    onProgress: () => undefined,
  });
  assert.ok(ended);
  return await ended.result;
}

describe('following a workflow', () => {
  it('waits for a server that is away, as long as it is', async () => {
    const away = answeredWith(UNAVAILABLE);
    assert.equal(await followed(away, away, 'resolved'), 'resolved');
  });

  it('ends with what a workflow failed with, and with what the server refuses', async () => {
    const failure = new WorkflowFailedError('failed', new Error('no such data'), 'NON_RETRYABLE_FAILURE');
    await assert.rejects(followed(failure, 'not asked again'), failure);
    const refused = answeredWith(PERMISSION_DENIED);
    await assert.rejects(followed(refused, 'not asked again'), refused);
  });
});
