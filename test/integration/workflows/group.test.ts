import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { GroupInput } from '../../../src/workflows/inputs.ts';
import type { group } from '../../../src/workflows/index.ts';
import { type AllActivities, instanceNamed, STUB_CONTEXT, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

describe('group', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const startGroup = (run: string, change: Partial<GroupInput> = {}) =>
    env.client.workflow.start<typeof group>('group', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: `${run}/g-000001`,
      args: [
        {
          context: { ...STUB_CONTEXT, run },
          instance: instanceNamed('i-1'),
          group: 1,
          size: 3,
          concurrency: 3,
          policy: { version: 0, model: 'm', apiBase: null },
          purpose: 'inference',
          epoch: null,
          ...change,
        },
      ],
    });

  it('replaces failed members only', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      grade: async ({ rollout }) => {
        if (rollout.endsWith('/2.1') || rollout.endsWith('/2.2')) {
          throw ApplicationFailure.nonRetryable('no memory', 'Grade.Failed');
        }
        return { grading: 'g', reward: 0.5, resolved: false };
      },
    });
    const result = await withWorkers(env, activities, async () => (await startGroup('replace')).result());
    assert.deepEqual(
      stub.groups[0]?.results.map(({ rollout, status }) => [
        rollout.slice('replace/g-000001/i-1/'.length),
        status,
      ]),
      [
        ['1.1', 'scored'],
        ['2.3', 'scored'],
        ['3.1', 'scored'],
      ],
    );
    assert.equal(result.failures, 2);
    assert.equal(stub.groups[0]?.results.length, 3);
  });

  it('gives up on a member after its replacements, and at once where none can help', async () => {
    const stub = new StubRun();
    const failing = (type: string) =>
      stub.activities({
        sampleTurn: async () => {
          throw ApplicationFailure.nonRetryable('no', type);
        },
      });
    const twice = await withWorkers(env, failing('Model.BadResponse'), async () =>
      (await startGroup('give-up', { size: 1 })).result(),
    );
    const once = await withWorkers(env, failing('Model.Unauthorized'), async () =>
      (await startGroup('hopeless', { size: 1 })).result(),
    );
    assert.equal(twice.failures, 3);
    assert.equal(once.failures, 1);
    assert.equal(twice.record, null);
    assert.deepEqual(
      stub.trajectories.map(({ failure }) => failure?.type),
      ['Model.BadResponse', 'Model.BadResponse', 'Model.BadResponse', 'Model.Unauthorized'],
    );
  });

  it('replaces a rollout that was terminated', async () => {
    const stub = new StubRun();
    const activities = withFirstAtWork(stub);
    const result = await withWorkers(env, activities, async () => {
      const handle = await startGroup('rollout-terminated', { size: 2 });
      while (stub.named('runTool').length < 2) await sleep(50);
      await env.client.workflow.getHandle('rollout-terminated/g-000001/i-1/1.1').terminate();
      return await handle.result();
    });
    assert.deepEqual(
      stub.groups[0]?.results.map(({ rollout, status }) => [rollout.slice(-3), status]),
      [
        ['1.2', 'scored'],
        ['2.1', 'scored'],
      ],
    );
    assert.equal(result.failures, 1);
  });

  it('goes on when one rollout is cancelled by hand', async () => {
    const stub = new StubRun();
    const activities = withFirstAtWork(stub);
    await withWorkers(env, activities, async () => {
      const handle = await startGroup('one-cancelled', { size: 2 });
      while (stub.named('runTool').length < 2) await sleep(50);
      await env.client.workflow.getHandle('one-cancelled/g-000001/i-1/1.1').cancel();
      await handle.result();
    });
    assert.deepEqual(
      stub.groups[0]?.results.map(({ status }) => status),
      ['cancelled', 'scored'],
    );
  });
});

/** Activities of which the first member's first attempt stays at its tool until it is cancelled or terminated. */
function withFirstAtWork(stub: StubRun): AllActivities {
  return stub.activities({
    runTool: async ({ rollout }) => {
      if (rollout.endsWith('/1.1')) await untilCancelled();
      return { head: 'h', state: { kind: 'start' }, exitCode: 0, timedOut: false };
    },
  });
}

async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  return await context.cancelled.finally(() => clearInterval(beat));
}
