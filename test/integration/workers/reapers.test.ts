import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { TASK_QUEUES, trajectoryPath } from '../../../src/domain/ids.ts';
import type { Trajectory } from '../../../src/domain/trajectory.ts';
import { Leases } from '../../../src/local/leases.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import { askOwnerOf } from '../../../src/workers/ask-server.ts';
import { HostSlots } from '../../../src/workers/host-slots.ts';
import { historyServerOf } from '../../../src/workers/reaper/history-server.ts';
import { reapHost } from '../../../src/workers/reaper/host.ts';
import { RecordsReaper } from '../../../src/workers/reaper/records.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { STUB_PLAN, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

const logger = pino({ level: 'silent' });
/** Later than what a look leaves to settle. */
const later = () => Date.now() + 6000;

describe('the reapers, after workflows were terminated', () => {
  let env: TestWorkflowEnvironment;
  let home: string;
  let artifacts: Artifacts;
  before(async () => {
    env = await startTemporal({ searchable: false });
    home = await mkdtemp(join(tmpdir(), 'steadfast-reapers-'));
    artifacts = createFolderArtifacts(join(home, 'store'));
  });
  after(async () => {
    await env.teardown();
    await rm(home, { recursive: true });
  });

  /** A run whose rollouts have one stored turn and then wait for the model. */
  function waitingRun() {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, qualityFilter: false, numInstances: 2, rolloutsPerInstance: 1 };
    const waiting: number[] = [];
    const activities = stub.activities({
      sampleTurn: async ({ turn }) => {
        if (turn > 1) {
          waiting.push(turn);
          await cancelled();
        }
        const start = await artifacts.putJson({ kind: 'start', parent: null, messages: [] });
        return {
          head: await artifacts.putJson(modelLink(start)),
          finishReason: 'tool_calls',
          calls: ['bash: ls'],
          usage: null,
        };
      },
      runTool: async ({ head }) => ({ head, state: { kind: 'start' }, exitCode: 0, timedOut: false }),
    });
    const start = async (run: string) => {
      await env.client.workflow.start('train', {
        workflowId: run,
        taskQueue: TASK_QUEUES.workflows,
        args: [{}],
      });
      while (waiting.length < 2) await sleep(50);
    };
    return { activities, start };
  }

  const terminate = async (...ids: string[]) => {
    for (const id of ids) await env.client.workflow.getHandle(id).terminate('from the Web UI');
  };
  const statusOf = async (id: string) => (await env.client.workflow.getHandle(id).describe()).status.name;
  const readRecord = async (run: string, rollout: string) => {
    const text = await artifacts.readRunFile(run, trajectoryPath(run, rollout));
    return text === null ? null : (JSON.parse(text) as Trajectory);
  };
  const untilListed = async (query: string, count: number) => {
    for (;;) {
      let found = 0;
      for await (const _ of env.client.workflow.list({ query })) found++;
      if (found >= count) return;
      await sleep(100);
    }
  };

  it(
    'write the records, end the sandboxes, cancel the groups and drop the snapshots',
    { timeout: 60_000 },
    async () => {
      const { activities, start } = waitingRun();
      const rollouts = ['gone/g-000001/i-1/1.1', 'gone/g-000002/i-2/1.1'] as const;
      const sandbox = fakeSandbox();
      for (const rollout of rollouts) sandbox.opened.add(rollout).add(`${rollout}/grade-1`);
      const host = {
        sandboxes: { choose: async () => sandbox, all: async () => [sandbox] },
        slots: new HostSlots(4),
        leases: new Leases(home),
        ask: askOwnerOf(env.client),
        host: 'stub',
        self: null,
        logger,
      };
      const records = new RecordsReaper({ server: historyServerOf(env.client), artifacts, logger });
      await withWorkers(env, activities, async () => {
        await start('gone');
        await artifacts.putSnapshot('gone', rollouts[0], Buffer.from('state'));
        await reapHost(host);
        assert.deepEqual(host.slots.held().toSorted(), rollouts);
        await records.look(later());
        assert.equal(await statusOf('gone/g-000001'), 'RUNNING');
        assert.equal((await artifacts.listRunFiles('gone', 'snapshots')).length, 1);

        // The whole first chain by hand, as the Web UI would; of the second group only the run and the epoch above it.
        await terminate('gone', 'gone/epoch-1', 'gone/g-000001', rollouts[0]);
        await untilListed("WorkflowType = 'train' AND ExecutionStatus = 'Terminated'", 1);
        await untilListed("WorkflowType = 'rollout' AND ExecutionStatus = 'Terminated'", 1);
        await reapHost(host);
        assert.deepEqual([...sandbox.opened], [rollouts[1], `${rollouts[1]}/grade-1`]);
        // Two of them at once, as two workers would.
        const other = new RecordsReaper({ server: historyServerOf(env.client), artifacts, logger });
        await Promise.all([records.look(later()), other.look(later())]);
        const record = await readRecord('gone', rollouts[0]);
        assert.deepEqual(
          [record?.status, record?.stopReason, record?.failure, record?.reward, record?.turns.length],
          ['cancelled', 'cancelled', null, null, 2],
        );
        assert.equal(record?.turns.at(-1)?.kind, 'model');
        // The second group hears of its run's end by the reaper alone.
        while ((await statusOf('gone/g-000002')) === 'RUNNING') await sleep(100);
        assert.equal(await statusOf('gone/g-000002'), 'CANCELLED');
        await reapHost(host);
        assert.deepEqual([...sandbox.opened], []);
        await records.look(later());
        assert.equal((await artifacts.listRunFiles('gone', 'snapshots')).length, 0);
      });
    },
  );

  it(
    'call a rollout failed that was terminated alone, and leave records that are there',
    { timeout: 60_000 },
    async () => {
      const { activities, start } = waitingRun();
      const records = new RecordsReaper({ server: historyServerOf(env.client), artifacts, logger });
      await withWorkers(env, activities, async () => {
        await start('alone');
        const [first, second] = ['alone/g-000001/i-1/1.1', 'alone/g-000002/i-2/1.1'] as const;
        await artifacts.writeRunFile('alone', trajectoryPath('alone', second), '{"status":"scored"}');
        await terminate(first, second);
        await untilListed(`ExecutionStatus = 'Terminated' AND WorkflowId IN ('${first}', '${second}')`, 2);
        await records.look(later());
        const record = await readRecord('alone', first);
        assert.deepEqual([record?.status, record?.failure?.type], ['failed', 'Terminated']);
        assert.match(record?.failure?.message ?? '', /was terminated/);
        assert.equal((await readRecord('alone', second))?.status, 'scored');
        await env.client.workflow.getHandle('alone').terminate();
        await env.client.workflow.getHandle('alone/epoch-1').terminate();
      });
    },
  );
});

function modelLink(parent: string) {
  const times = { startedAt: new Date(0).toISOString(), durationMs: 1 };
  const message = { role: 'assistant', content: 'hm', toolCalls: [] };
  const tokens = { promptTokenIds: null, completionTokenIds: null, logprobs: null, usage: null };
  return {
    kind: 'model',
    parent,
    turn: 1,
    message,
    finishReason: 'tool_calls',
    model: 'm',
    ...tokens,
    ...times,
  };
}

/** Waits until the activity is cancelled, which it hears of by its heartbeats. */
async function cancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  return await context.cancelled.finally(() => clearInterval(beat));
}
