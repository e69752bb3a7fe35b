import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { train } from '../../../src/workflows/index.ts';
import { progressQuery } from '../../../src/workflows/messages.ts';
import type { TrainCarried } from '../../../src/workflows/train.ts';
import { accepted, STUB_CONTEXT, STUB_PLAN, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

describe('train', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const start = (workflowId: string, carried: TrainCarried = {}) =>
    env.client.workflow.start<typeof train>('train', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [{ data: 'data.jsonl' }, carried],
    });

  it('runs inference over the instances that the filter keeps', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, numInstances: 3 };
    const activities = stub.activities({
      judgeInstance: async ({ instance: { instanceId } }) =>
        instanceId === 'i-2'
          ? { instanceId, verdict: 'reject', reason: 'empty_f2p', detail: '' }
          : accepted(instanceId),
    });
    const { summary, progress } = await withWorkers(env, activities, async () => {
      const handle = await start('inference');
      return { summary: await handle.result(), progress: await handle.query(progressQuery) };
    });
    assert.deepEqual(summary.filter, { checked: 4, kept: 3, reasons: { empty_f2p: 1 } });
    assert.deepEqual([summary.totals.rollouts, summary.totals.failed, summary.steps], [6, 0, 0]);
    assert.deepEqual(stub.summary, summary);
    assert.deepEqual([progress.phase, progress.totals, progress.phaseDone], ['done', summary.totals, 0]);
    assert.deepEqual(
      new Set(stub.trajectories.map(({ instance }) => instance.instanceId)),
      new Set(['i-1', 'i-3', 'i-4']),
    );
    assert.deepEqual(
      stub.verdicts.map(({ verdict }) => verdict),
      ['accept', 'reject', 'accept', 'accept'],
    );
  });

  it('trains over epochs, continues as new between them, and evaluates before and after', async () => {
    const stub = new StubRun();
    stub.plan = {
      ...STUB_PLAN,
      mode: 'train',
      epochs: 2,
      qualityFilter: false,
      numInstances: 4,
      evaluation: { sets: [{ name: 'held-out', data: 'h.jsonl' }], rolloutsPerInstance: 1 },
    };
    const summary = await withWorkers(env, stub.activities(), async () => {
      const handle = await start('training', { historyLimit: 10 });
      const result = await handle.result();
      assert.notEqual((await handle.describe()).runId, handle.firstExecutionRunId);
      const progress = await env.client.workflow.getHandle('training').query(progressQuery);
      assert.deepEqual([progress.step, progress.steps, progress.policyVersion], [4, 4, 4]);
      return result;
    });
    assert.equal(summary.steps, 4);
    assert.equal(summary.rewardByStep.length, 4);
    assert.equal(summary.totals.rollouts, 16);
    assert.deepEqual(
      summary.evaluations.map(({ set, when, policyVersion, rollouts }) => [
        set,
        when,
        policyVersion,
        rollouts,
      ]),
      [
        ['held-out', 'before', 0, 6],
        ['held-out', 'after', 4, 6],
      ],
    );
    assert.deepEqual(
      stub.named('trainStep').map(({ input }) => (input as { step: number }).step),
      [1, 2, 3, 4],
    );
    const orders = stub.named('shuffleInstances').map(({ input }) => (input as { seed: number }).seed);
    assert.equal(new Set(orders).size, 2);
    assert.equal(new Set(stub.groups.map(({ group }) => group)).size, stub.groups.length);
  });

  it('ends a wrong configuration at once, naming what is wrong', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      resolveRun: async () => {
        throw ApplicationFailure.nonRetryable(
          'epochs: expected a number; colour: unknown field',
          'Config.Invalid',
        );
      },
    });
    const failure = await withWorkers(env, activities, async () => await failureOf(start('invalid')));
    assert.equal(failure.type, 'Config.Invalid');
    assert.match(failure.message, /epochs.*colour/);
    assert.equal(stub.calls.length, 1);
  });

  it('fails clearly when the filter keeps nothing', async () => {
    const stub = new StubRun();
    const activities = stub.activities({
      judgeInstance: async () => {
        throw ApplicationFailure.nonRetryable(
          'textfsm-1.0.tar.gz is not in the cache: run set-up',
          'Instance.SourceMissing',
        );
      },
    });
    const failure = await withWorkers(env, activities, async () => await failureOf(start('nothing-kept')));
    assert.equal(failure.type, 'Instance.Invalid');
    assert.match(failure.message, /none of 6 instances \(6 Instance.SourceMissing\).*run set-up/);
  });

  it('shows its phase while it runs, and takes its children along when cancelled', async () => {
    const stub = new StubRun();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const activities = stub.activities({
      sampleTurn: async () => {
        await held;
        return { head: 'h', finishReason: 'stop', calls: [], usage: null };
      },
    });
    await withWorkers(env, activities, async () => {
      const handle = await start('shown');
      while (stub.named('sampleTurn').length < 4) await sleep(50);
      const progress = await handle.query(progressQuery);
      assert.deepEqual([progress.phase, progress.filter?.kept, progress.run], ['collecting', 6, 'shown']);
      await handle.cancel();
      await sleep(300);
      release();
      await assert.rejects(handle.result());
      assert.equal(stub.open.size, 0);
    });
  });

  it('upserts its search attributes when the workers have registered them', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, qualityFilter: false, numInstances: 1, rolloutsPerInstance: 1 };
    const activities = stub.activities({
      resolveRun: async () => ({
        config: STUB_CONTEXT.config,
        run: 'found',
        plan: stub.plan,
        searchable: true,
      }),
    });
    await withWorkers(env, activities, async () => {
      await (await start('found')).result();
      const found = await env.client.workflow.getHandle('found/g-000001/i-1/1.1').describe();
      const values = Object.fromEntries(
        found.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
      );
      assert.equal(values['RunName'], 'found');
      assert.equal(values['InstanceId'], 'i-1');
      assert.equal(values['PolicyVersion'], 0);
      assert.equal(typeof values['Resolved'], 'boolean');
    });
  });
});

/** The failure that a run ends with. */
async function failureOf(started: Promise<{ result(): Promise<unknown> }>): Promise<ApplicationFailure> {
  try {
    await (await started).result();
  } catch (error) {
    if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) return error.cause;
    throw error;
  }
  throw new Error('the run did not fail');
}
