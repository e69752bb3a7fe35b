import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { OpenInput } from '../../../src/activities/contract-sandbox.ts';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { rollout } from '../../../src/workflows/index.ts';
import { instanceNamed, STUB_CONTEXT, STUB_HOST_QUEUE, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

describe('the time limit of a rollout', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const start = (workflowId: string, timeLimitSeconds: number) =>
    env.client.workflow.start<typeof rollout>('rollout', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [
        {
          context: { ...STUB_CONTEXT, timeLimitSeconds },
          instance: instanceNamed('i-1'),
          group: 1,
          member: 1,
          attempt: 1,
          policy: { version: 3, model: 'r@3', apiBase: null },
        },
      ],
    });

  it('begins no turn after the time limit', async () => {
    const stub = new StubRun();
    stub.tookMs = { turn: 3000, call: 2000 };
    const result = await withWorkers(env, stub.activities(), async () => (await start('late', 5)).result());
    assert.deepEqual([result.stopReason, result.status, result.turns], ['time_limit', 'scored', 1]);
  });

  it('counts what calls and commands took against the time limit, and nothing else', async () => {
    const stub = new StubRun();
    const working = stub.activities();
    const failing = stub.activities({
      runTool: async () => {
        throw ApplicationFailure.create({ message: 'going down', nextRetryDelay: '1 s' });
      },
    });
    const handle = await withWorkers(env, failing, async () => {
      const started = await start('down', 2);
      while (stub.named('runTool').length === 0) await sleep(50);
      return started;
    });
    await sleep(2500);
    const result = await withWorkers(env, working, async () => await handle.result());
    assert.deepEqual([result.stopReason, result.turns], ['done', 2]);
  });

  it('waits for a host with its daemon, and none of that is time of the agent', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      openSandbox: async () => {
        if (stub.named('openSandbox').length === 1)
          throw ApplicationFailure.nonRetryable('no daemon', 'Sandbox.Unavailable');
        return { hostQueue: STUB_HOST_QUEUE, environment: 'stub' };
      },
    });
    const result = await withWorkers(
      env,
      activities,
      async () => await (await start('no-daemon', 4)).result(),
    );
    assert.deepEqual([result.status, result.stopReason], ['scored', 'done']);
    const openings = stub.named('openSandbox').map((call) => call.input as OpenInput);
    assert.deepEqual(
      openings.map(({ epoch }) => epoch),
      [1, 1],
    );
    const [first = 0, second = 0] = openings.map(({ deadline }) => Date.parse(deadline));
    assert.ok(second - first > 4500, 'a lease that begins later ends later');
  });
});
