import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../src/domain/ids.ts';
import type { train } from '../../src/workflows/index.ts';
import { accepted, STUB_PLAN, StubRun, type AllActivities } from '../support/stub-run.ts';
import { withWorkers } from '../support/stub-workers.ts';
import { startTemporal } from '../support/temporal.ts';

/*
 * Records histories for the replay tests: `node test/replay/record.ts --release 0.1.0`. Each release adds its own; kept
 * ones are never made again, since they stand for the runs that people have in progress.
 */

const { values } = parseArgs({ options: { release: { type: 'string' } } });
if (values.release === undefined) throw new Error('--release names the folder of the new histories');
const folder = join(import.meta.dirname, 'histories', values.release);
await mkdir(folder, { recursive: true });

const env = await startTemporal();
try {
  await recordTraining(env);
  await recordInference(env);
  await recordCancelled(env);
} finally {
  await env.teardown();
}

/** A train run with evaluation, a batch without a lesson and a replaced member; two epochs, continued as new. */
async function recordTraining(on: TestWorkflowEnvironment): Promise<void> {
  const stub = new StubRun();
  stub.plan = {
    ...STUB_PLAN,
    mode: 'train',
    epochs: 2,
    numInstances: 4,
    evaluation: { sets: [{ name: 'held out', data: 'h.jsonl' }], rolloutsPerInstance: 1 },
  };
  const activities = stub.activities({
    judgeInstance: async ({ instance: { instanceId } }) =>
      instanceId === 'i-2'
        ? { instanceId, verdict: 'reject', reason: 'p2p_breaks_after', detail: 'tests/test_x.py::test_a' }
        : accepted(instanceId),
    grade: async ({ rollout }) => {
      if (rollout.endsWith('/2.1')) throw ApplicationFailure.nonRetryable('no memory', 'Grade.Failed');
      const reward = stub.rewards(rollout);
      return { grading: 'g'.repeat(64), reward, resolved: reward === 1 };
    },
    buildBatch: async ({ groups }) =>
      stub.named('buildBatch').length === 2
        ? { batch: null, samples: 0, groupsWithoutVariance: groups.length, untrainable: 0 }
        : { batch: 'b'.repeat(64), samples: 4, groupsWithoutVariance: 0, untrainable: 0 },
  });
  await inRun(on, 'train', activities, async () => {
    const handle = await started(on, 'train', { historyLimit: 10 });
    await handle.result();
    await keep(on, 'train', 'train', handle.firstExecutionRunId);
    await keep(on, 'train', 'train-second');
    for (const [id, name] of [
      ['train/filter', 'filter'],
      ['train/evaluate-before', 'evaluate'],
      ['train/evaluate-before/held-out', 'epoch-evaluation'],
      ['train/epoch-1', 'epoch-train'],
      ['train/g-000007', 'group'],
    ] as const) {
      await keep(on, id, name);
    }
  });
}

/** An inference run without filter, whose tools fail in one rollout. */
async function recordInference(on: TestWorkflowEnvironment): Promise<void> {
  const stub = new StubRun();
  stub.turns = 5;
  stub.callsPerTurn = 2;
  stub.plan = { ...STUB_PLAN, qualityFilter: false, numInstances: 2 };
  const activities = stub.activities({
    runTool: async ({ rollout, turn, call }) => {
      if (rollout.endsWith('/2.1')) throw ApplicationFailure.nonRetryable('gone', 'Sandbox.Failed');
      return { head: `${turn}${call}`.padStart(64, '0'), exitCode: 0, timedOut: false };
    },
    resolveRun: async () => ({ config: 'c'.repeat(64), run: 'infer', plan: stub.plan, searchable: true }),
  });
  await inRun(on, 'infer', activities, async () => {
    await (await started(on, 'infer')).result();
    await keep(on, 'infer', 'train-inference');
    await keep(on, 'infer/epoch-1', 'epoch-inference');
    await keep(on, 'infer/g-000001/i-1/1.1', 'rollout');
    await keep(on, 'infer/g-000001/i-1/2.1', 'rollout-failed');
  });
}

/** A run that is cancelled while its tools run. */
async function recordCancelled(on: TestWorkflowEnvironment): Promise<void> {
  const stub = new StubRun();
  stub.plan = { ...STUB_PLAN, qualityFilter: false, numInstances: 2 };
  const activities = stub.activities({
    runTool: async () => {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), 100);
      return await context.cancelled.finally(() => clearInterval(beat));
    },
  });
  await inRun(on, 'cancelled', activities, async () => {
    const handle = await started(on, 'cancelled');
    while (stub.named('runTool').length < 4) await new Promise((resolve) => setTimeout(resolve, 50));
    await handle.cancel();
    await handle.result().catch(() => undefined);
    await keep(on, 'cancelled', 'train-cancelled');
    await keep(on, 'cancelled/epoch-1', 'epoch-cancelled');
    await keep(on, 'cancelled/g-000001', 'group-cancelled');
    await keep(on, 'cancelled/g-000001/i-1/1.1', 'rollout-cancelled');
  });
}

async function started(on: TestWorkflowEnvironment, workflowId: string, carried = {}) {
  return await on.client.workflow.start<typeof train>('train', {
    taskQueue: TASK_QUEUES.workflows,
    workflowId,
    args: [{ data: 'data.jsonl' }, carried],
  });
}

async function inRun(
  on: TestWorkflowEnvironment,
  name: string,
  activities: AllActivities,
  body: () => Promise<void>,
): Promise<void> {
  console.log(`recording ${name}`);
  await withWorkers(on, activities, body);
}

/** Writes one workflow's history, without the machine's name and paths in it. */
async function keep(
  on: TestWorkflowEnvironment,
  workflowId: string,
  name: string,
  runId?: string,
): Promise<void> {
  const history = await on.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const json = historyToJSON(history)
    .replaceAll(/"stackTrace": ?"(?:[^"\\]|\\.)*"/g, '"stackTrace": ""')
    .replaceAll(`@${hostname()}`, '@host');
  await writeFile(join(folder, `${name}.json`), `${json}\n`);
}
