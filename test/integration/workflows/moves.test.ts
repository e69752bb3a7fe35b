import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { OpenInput, SandboxInput, ToolInput } from '../../../src/activities/contract-sandbox.ts';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { RolloutInput } from '../../../src/workflows/inputs.ts';
import type { rollout } from '../../../src/workflows/index.ts';
import {
  instanceNamed,
  keptAfter,
  STUB_CONTEXT,
  STUB_HOST_QUEUE,
  StubRun,
  type AllActivities,
} from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

const ID = 'r/g-000001/i-1/1.1';

/** Every task is replayed from the first event, as by a worker that has just started. */
const NO_CACHE = { maxCachedWorkflows: 0 };

describe('a rollout that loses its sandbox', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const run = async (name: string, activities: AllActivities, change: Partial<RolloutInput> = {}) =>
    await withWorkers(
      env,
      activities,
      async () => {
        const handle = await env.client.workflow.start<typeof rollout>('rollout', {
          taskQueue: TASK_QUEUES.workflows,
          workflowId: name,
          args: [
            {
              context: STUB_CONTEXT,
              instance: instanceNamed('i-1'),
              group: 1,
              member: 1,
              attempt: 1,
              policy: { version: 3, model: 'r@3', apiBase: null },
              ...change,
            },
          ],
        });
        const result = await handle.result();
        return { result, memo: (await handle.describe()).memo };
      },
      NO_CACHE,
    );

  it('leaves a host whose disk stays full, and closes what it leaves there', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      runTool: async ({ rollout: id, epoch, turn, call }) => {
        if (epoch === 1) throw ApplicationFailure.nonRetryable('no space left', 'Sandbox.DiskFull');
        return { head: `h${turn}`, state: keptAfter(id, turn, call), exitCode: 0, timedOut: false };
      },
    });
    const { result } = await run('full', activities);
    assert.equal(result.status, 'scored');
    assert.deepEqual(
      inputs<SandboxInput>(stub, 'openSandbox').map(({ epoch }) => epoch),
      [1, 2],
    );
    assert.deepEqual(
      inputs<SandboxInput>(stub, 'closeSandbox').map(({ epoch }) => epoch),
      [1, 2],
    );
  });

  it('makes the tool call again in the next one, and no model call', async () => {
    const stub = new StubRun();
    stub.turns = 4;
    const activities = stub.activities({
      runTool: async ({ rollout: id, epoch, turn, call }) => {
        if (epoch === 1 && turn === 2) throw gone();
        return { head: `h${turn}`, state: keptAfter(id, turn, call), exitCode: 0, timedOut: false };
      },
    });
    const { result, memo } = await run('at-tool', activities);
    assert.deepEqual([result.status, result.stopReason, result.turns], ['scored', 'done', 4]);
    const tools = inputs<ToolInput>(stub, 'runTool').map(({ epoch, turn, call }) => [epoch, turn, call]);
    assert.deepEqual(tools, [
      [1, 1, 0],
      [1, 2, 0],
      [2, 2, 0],
      [2, 3, 0],
    ]);
    const [, lost, again] = inputs<ToolInput>(stub, 'runTool');
    assert.deepEqual({ ...again, epoch: 1 }, lost);
    assert.deepEqual(
      inputs<{ turn: number }>(stub, 'sampleTurn').map(({ turn }) => turn),
      [1, 2, 3, 4],
    );
    const openings = inputs<OpenInput>(stub, 'openSandbox');
    assert.deepEqual(
      openings.map(({ epoch, state }) => [epoch, state]),
      [
        [1, { kind: 'start' }],
        [2, keptAfter(ID, 1, 0)],
      ],
    );
    // In what the first ran in, whatever its name means elsewhere or by now.
    assert.deepEqual(
      openings.map(({ environment }) => environment),
      [undefined, 'stub'],
    );
    assert.deepEqual(
      stub.trajectories.map(({ environment }) => environment),
      ['stub'],
    );
    assert.ok(openings.every(({ deadline }) => Date.parse(deadline) > Date.now() + 2.9 * 3600 * 1000));
    assert.deepEqual(memo, { sandbox: `${ID}~2`, hostQueue: STUB_HOST_QUEUE });
    // The lost one is its host's to end.
    assert.deepEqual([...stub.open], [ID]);
  });

  it('grades in the next one, from what the last command has left', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      grade: async ({ epoch }) => {
        if (epoch < 3) throw ApplicationFailure.nonRetryable('no daemon', 'Sandbox.Unavailable');
        return { grading: 'g', reward: 0.5, resolved: false };
      },
    });
    const { result } = await run('at-grading', activities);
    assert.deepEqual([result.status, result.reward], ['scored', 0.5]);
    assert.deepEqual(
      inputs<SandboxInput>(stub, 'grade').map(({ epoch, environment }) => [epoch, environment]),
      [
        [1, 'stub'],
        [2, 'stub'],
        [3, 'stub'],
      ],
    );
    assert.deepEqual(inputs<OpenInput>(stub, 'openSandbox').at(-1)?.state, keptAfter(ID, 1, 0));
    assert.equal(stub.trajectories.length, 1);
  });

  it('goes elsewhere when nobody takes the tasks of its host', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      openSandbox: async ({ epoch }) => ({
        hostQueue: epoch === 1 ? 'steadfast-sandbox-of-nobody' : STUB_HOST_QUEUE,
        environment: 'stub',
      }),
    });
    const { result, memo } = await run('no-host', activities);
    assert.equal(result.status, 'scored');
    assert.equal(memo?.['sandbox'], `${ID}~2`);
  });

  it('fails at the third loss of one call', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      runTool: async () => {
        throw gone();
      },
    });
    const { result } = await run('thrice', activities);
    assert.deepEqual([result.status, result.failureType], ['failed', 'Sandbox.Gone']);
    assert.equal(stub.named('openSandbox').length, 3);
    assert.equal(stub.named('closeSandbox').length, 0);
    assert.equal(stub.trajectories.length, 1);
  });

  it('fails at the tenth loss of all', async () => {
    const stub = new StubRun();
    stub.turns = 20;
    const activities = stub.activities({
      runTool: async ({ rollout: id, epoch, turn, call }) => {
        if (epoch === turn) throw gone();
        return { head: `h${turn}`, state: keptAfter(id, turn, call), exitCode: 0, timedOut: false };
      },
    });
    const { result } = await run('ten', activities);
    assert.deepEqual([result.status, result.turns], ['failed', 10]);
    assert.equal(stub.named('openSandbox').length, 10);
  });

  it('fails when its state was more than a snapshot holds', async () => {
    const stub = new StubRun();
    stub.turns = 3;
    const activities = stub.activities({
      runTool: async ({ turn }) => {
        if (turn === 2) throw gone();
        return { head: 'h', state: { kind: 'too_large', fingerprint: 'f' }, exitCode: 0, timedOut: false };
      },
    });
    const { result } = await run('too-large', activities);
    assert.deepEqual([result.status, result.failureType], ['failed', 'Sandbox.Gone']);
    assert.equal(stub.named('openSandbox').length, 1);
  });

  it('stays below 450 events at 30 turns, with two moves', async () => {
    const stub = new StubRun();
    stub.turns = 31;
    const activities = stub.activities({
      runTool: async ({ rollout: id, epoch, turn, call }) => {
        if (turn === epoch * 10) throw gone();
        return { head: `h${turn}`, state: keptAfter(id, turn, call), exitCode: 0, timedOut: false };
      },
    });
    await run('long', activities, { context: { ...STUB_CONTEXT, searchable: true } });
    const { historyLength } = await env.client.workflow.getHandle('long').describe();
    assert.ok(historyLength < 450, `${historyLength} events`);
  });
});

function gone(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('the container was removed', 'Sandbox.Gone');
}

function inputs<T>(stub: StubRun, name: string): T[] {
  return stub.named(name).map(({ input }) => input as T);
}
