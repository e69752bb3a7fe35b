import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { accepted, STUB_PLAN, StubRun } from '../support/stub-run.ts';
import { startTemporal } from '../support/temporal.ts';
import { recordControlled, recordFailing, recordMoved } from './record-faults.ts';
import {
  recordFilterAhead,
  recordFilterData,
  recordRefused,
  recordVerify,
  recordWaiting,
} from './record-trust.ts';
import { recordChosen, recordFilled, recordWithoutGaps } from './record-lessons.ts';
import { Recording } from './recording.ts';

/*
 * Records histories for the replay tests: `node test/replay/record.ts --release 0.1.0 [--only waiting,verify]`. Each
 * release adds its own; kept ones are never made again, since they stand for the runs that people have in progress.
 */

const RECORDINGS: Readonly<Record<string, (on: Recording) => Promise<void>>> = {
  training: recordTraining,
  inference: recordInference,
  cancelled: recordCancelled,
  moved: recordMoved,
  controlled: recordControlled,
  failing: recordFailing,
  filter: recordFilterData,
  ahead: recordFilterAhead,
  waiting: recordWaiting,
  verify: recordVerify,
  refused: recordRefused,
  beside: recordBeside,
  filled: recordFilled,
  chosen: recordChosen,
  gapless: recordWithoutGaps,
};

const { values } = parseArgs({ options: { release: { type: 'string' }, only: { type: 'string' } } });
if (values.release === undefined) throw new Error('--release names the folder of the new histories');
const wanted = values.only?.split(',') ?? Object.keys(RECORDINGS);
const recordings = wanted.map((name) => {
  const known = Object.keys(RECORDINGS).join(', ');
  const found = RECORDINGS[name];
  if (found === undefined) throw new Error(`--only names ${JSON.stringify(name)}; expected some of ${known}`);
  return found;
});

const env = await startTemporal();
try {
  for (const record of recordings) await record(new Recording(env, values.release));
} finally {
  await env.teardown();
}

/** A train run with evaluation, a batch without a lesson and a replaced member; two epochs, continued as new. */
async function recordTraining(on: Recording): Promise<void> {
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
  await on.inRun('train', activities, async () => {
    const handle = await on.started('train', { historyLimit: 10 });
    await handle.result();
    await on.keep('train', 'train', handle.firstExecutionRunId);
    await on.keep('train', 'train-second');
    for (const [id, name] of [
      ['train/filter', 'filter'],
      ['train/evaluate-before', 'evaluate'],
      ['train/evaluate-before/held-out', 'epoch-evaluation'],
      ['train/epoch-1', 'epoch-train'],
      ['train/g-000007', 'group'],
    ] as const) {
      await on.keep(id, name);
    }
  });
}

/** A train run whose rollouts go on while steps are made, and that deletes old checkpoints. */
async function recordBeside(on: Recording): Promise<void> {
  const stub = new StubRun();
  stub.plan = {
    ...STUB_PLAN,
    mode: 'train',
    qualityFilter: false,
    batchSize: 2,
    maxStaleness: 2,
    prunes: true,
  };
  await on.inRun('beside', stub.activities(), async () => {
    await (await on.started('beside')).result();
    await on.keep('beside', 'train-beside');
    await on.keep('beside/epoch-1', 'epoch-beside');
  });
}

/** An inference run without filter, whose tools fail in one rollout. */
async function recordInference(on: Recording): Promise<void> {
  const stub = new StubRun();
  stub.turns = 5;
  stub.callsPerTurn = 2;
  stub.plan = { ...STUB_PLAN, qualityFilter: false, numInstances: 2 };
  const activities = stub.activities({
    runTool: async ({ rollout, turn, call }) => {
      if (rollout.endsWith('/2.1')) throw ApplicationFailure.nonRetryable('gone', 'Sandbox.Failed');
      return {
        head: `${turn}${call}`.padStart(64, '0'),
        state: { kind: 'start' },
        exitCode: 0,
        timedOut: false,
      };
    },
    resolveRun: async () => ({ config: 'c'.repeat(64), run: 'infer', plan: stub.plan, searchable: true }),
  });
  await on.inRun('infer', activities, async () => {
    await (await on.started('infer')).result();
    await on.keep('infer', 'train-inference');
    await on.keep('infer/epoch-1', 'epoch-inference');
    await on.keep('infer/g-000001/i-1/1.1', 'rollout');
    await on.keep('infer/g-000001/i-1/2.1', 'rollout-failed');
  });
}

/** A run that is cancelled while its tools run. */
async function recordCancelled(on: Recording): Promise<void> {
  const stub = new StubRun();
  stub.plan = { ...STUB_PLAN, qualityFilter: false, numInstances: 2 };
  const activities = stub.activities({
    runTool: async () => {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), 100);
      return await context.cancelled.finally(() => clearInterval(beat));
    },
  });
  await on.inRun('cancelled', activities, async () => {
    const handle = await on.started('cancelled');
    while (stub.named('runTool').length < 4) await sleep(50);
    await handle.cancel();
    await handle.result().catch(() => undefined);
    await on.keep('cancelled', 'train-cancelled');
    await on.keep('cancelled/epoch-1', 'epoch-cancelled');
    await on.keep('cancelled/g-000001', 'group-cancelled');
    await on.keep('cancelled/g-000001/i-1/1.1', 'rollout-cancelled');
  });
}
