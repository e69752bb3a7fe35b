import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { FilterSummary } from '../../../src/domain/filter-summary.ts';
import type { Verdict } from '../../../src/domain/run-summary.ts';
import type { filter } from '../../../src/workflows/filter.ts';
import type { filterData } from '../../../src/workflows/filter-data.ts';
import { filterProgressQuery, holdSignal } from '../../../src/workflows/messages.ts';
import { Latch } from '../../support/latch.ts';
import { accepted, instanceNamed, STUB_CONTEXT, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

const COUNT = 50;

/** Every fifth instance is flaky. */
const verdictOf = (instanceId: string): Verdict =>
  Number(instanceId.slice(2)) % 5 === 0
    ? { instanceId, verdict: 'reject', reason: 'flaky', detail: 'differs', runs: 3, flakeScore: 0.3 }
    : accepted(instanceId);

const inputOf = (stub: StubRun) => ({
  context: STUB_CONTEXT,
  list: stub.list(COUNT),
  keep: null,
  concurrency: 4,
  reportTo: null,
});

describe('filter', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  /** Starts a filter of three instances. */
  const start = async (workflowId: string, stub: StubRun) =>
    await env.client.workflow.start<typeof filter>('filter', {
      workflowId,
      taskQueue: TASK_QUEUES.workflows,
      args: [{ ...inputOf(stub), list: stub.list(3) }],
    });

  it('judges each instance once in a child of its name, over histories of bounded length', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      judgeInstance: async ({ instance }) => verdictOf(instance.instanceId),
    });
    await withWorkers(env, activities, async () => {
      const handle = await env.client.workflow.start<typeof filter>('filter', {
        workflowId: 'f',
        taskQueue: TASK_QUEUES.workflows,
        args: [{ ...inputOf(stub), historyLimit: 200 }],
      });
      const { checked, list, reasons } = await handle.result();
      assert.deepEqual(
        { checked, kept: list.count, reasons },
        { checked: COUNT, kept: 40, reasons: { flaky: 10 } },
      );
      const executions = new Set<string>();
      for await (const { workflowId, runId } of env.client.workflow.list({ query: "WorkflowId = 'f'" }))
        executions.add(`${workflowId} ${runId}`);
      assert.ok(executions.size > 1, 'it continued as new');
      const child = await env.client.workflow.getHandle('f/i-7').describe();
      assert.deepEqual([child.type, child.status.name], ['judge', 'COMPLETED']);
    });
    const judged = stub.named('judgeInstance').map(({ input }) => idOf(input));
    assert.equal(judged.length, COUNT);
    assert.equal(new Set(judged).size, COUNT);
    assertInOrder(stub);
  });

  it('goes on behind an instance that takes long, and records verdicts in the order of the data', async () => {
    const stub = new StubRun();
    const latch = new Latch();
    const activities = stub.activities({
      judgeInstance: async ({ instance }) => {
        if (instance.instanceId === 'i-1') await latch.wait();
        return verdictOf(instance.instanceId);
      },
    });
    await withWorkers(env, activities, async () => {
      const handle = await env.client.workflow.start<typeof filter>('filter', {
        workflowId: 'slow-head',
        taskQueue: TASK_QUEUES.workflows,
        args: [{ ...inputOf(stub), concurrency: 2 }],
      });
      while (stub.named('judgeInstance').length < COUNT) await sleep(50);
      assert.deepEqual(stub.verdicts, [], 'the first verdict is still to come');
      latch.open();
      assert.equal((await handle.result()).checked, COUNT);
    });
    assertInOrder(stub);
  });

  it('begins no more judgements while it is held', async () => {
    const stub = new StubRun();
    const latch = new Latch();
    const activities = stub.activities({
      judgeInstance: async ({ instance }) => {
        await latch.wait();
        return verdictOf(instance.instanceId);
      },
    });
    await withWorkers(env, activities, async () => {
      const handle = await env.client.workflow.start<typeof filter>('filter', {
        workflowId: 'held',
        taskQueue: TASK_QUEUES.workflows,
        args: [inputOf(stub)],
      });
      while (latch.arrived < 4) await sleep(50);
      await handle.signal(holdSignal, 'a look around');
      latch.open();
      await sleep(1500);
      assert.equal(stub.named('judgeInstance').length, 4);
      await handle.signal(holdSignal, null);
      assert.equal((await handle.result()).checked, COUNT);
    });
  });

  it('judges an instance that the data has twice, and rejects one that cannot be judged', async () => {
    const stub = new StubRun();
    const twice = ['a', 'a', 'b'].map(instanceNamed);
    const activities = stub.activities({
      readInstances: async ({ from, count }) => twice.slice(from, from + count),
      judgeInstance: async ({ instance }) => {
        if (instance.instanceId === 'b')
          throw ApplicationFailure.nonRetryable('no image', 'Sandbox.ImageMissing');
        return accepted(instance.instanceId);
      },
    });
    const { checked, reasons } = await withWorkers(
      env,
      activities,
      async () => await (await start('twice', stub)).result(),
    );
    assert.deepEqual([checked, reasons], [3, { 'Sandbox.ImageMissing': 1 }]);
  });

  it('leaves out an instance whose judge a person has cancelled, and goes on', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      judgeInstance: async ({ instance }) => {
        while (instance.instanceId === 'i-1') {
          Context.current().heartbeat();
          await Context.current().sleep(100);
        }
        return accepted(instance.instanceId);
      },
    });
    const { checked, reasons } = await withWorkers(env, activities, async () => {
      const handle = await start('one-cancelled', stub);
      while (stub.named('judgeInstance').length < 3) await sleep(50);
      await env.client.workflow.getHandle('one-cancelled/i-1').cancel();
      return await handle.result();
    });
    assert.deepEqual([checked, reasons], [3, { cancelled: 1 }]);
  });

  it('waits for a host that has lost its daemon, and rejects no instance for it', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      judgeInstance: async ({ instance }) => {
        if (stub.named('judgeInstance').length === 1)
          throw ApplicationFailure.nonRetryable('no daemon', 'Sandbox.Unavailable');
        return accepted(instance.instanceId);
      },
    });
    const { checked, reasons } = await withWorkers(
      env,
      activities,
      async () => await (await start('no-daemon', stub)).result(),
    );
    assert.deepEqual([checked, reasons, stub.named('judgeInstance').length], [3, {}, 4]);
  });

  it('filters a data set from what a person wrote, and to keep nothing is no failure', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      judgeInstance: async ({ instance }) => ({
        ...accepted(instance.instanceId),
        verdict: 'reject',
        reason: 'hangs',
      }),
    });
    await withWorkers(env, activities, async () => {
      const handle = await env.client.workflow.start<typeof filterData>('filterData', {
        workflowId: 'whole',
        taskQueue: TASK_QUEUES.workflows,
        args: [{ data: 'data.jsonl' }],
      });
      const summary: FilterSummary = await handle.result();
      assert.deepEqual(summary, {
        run: 'whole',
        data: 'data.jsonl',
        checked: 6,
        kept: 0,
        reasons: { hangs: 6 },
        quarantined: 0,
      });
      assert.deepEqual(await handle.query(filterProgressQuery), {
        run: 'whole',
        phase: 'done',
        total: 6,
        checked: 6,
        kept: 0,
        reasons: { hangs: 6 },
      });
    });
    const [recorded] = stub
      .named('recordKept')
      .map(({ input }) => input as { list: unknown; checked: number });
    assert.deepEqual([recorded?.list, recorded?.checked], [null, 6]);
    const [judged] = stub.named('judgeInstance').map(({ input }) => input as { flakeChance?: number });
    assert.equal(judged?.flakeChance, 0.01);
  });
});

/** Every verdict was recorded, once and in the order of the data. */
function assertInOrder(stub: StubRun): void {
  assert.deepEqual(
    stub.verdicts.map(({ instanceId }) => instanceId),
    Array.from({ length: COUNT }, (_, i) => `i-${i + 1}`),
  );
}

function idOf(input: unknown): string {
  return (input as { instance: { instanceId: string } }).instance.instanceId;
}
