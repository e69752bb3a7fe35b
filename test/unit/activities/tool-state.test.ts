import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { SandboxState, ToolInput } from '../../../src/activities/contract-sandbox.ts';
import { createTrajectoryActivities } from '../../../src/activities/record-trajectory.ts';
import { createToolActivities } from '../../../src/activities/run-tool.ts';
import { appendLink } from '../../../src/activities/transcript.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { Trajectory } from '../../../src/domain/trajectory.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { type FakeSandbox, fakeSandbox } from '../../support/fake-sandbox.ts';
import { gradingOf } from '../../support/grading.ts';
import { activityEnvironment } from '../../support/run-activity.ts';

const ROLLOUT = 'r/g-000001/demo__1/0.0';
const SNAPSHOTS = `snapshots/${ROLLOUT}`;

let root: string;
let artifacts: Artifacts;
let config: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-state-'));
  artifacts = createFolderArtifacts(root);
  const agent = { commandTimeoutSeconds: 60, outputLimitCharacters: 1000 };
  config = await artifacts.putJson({ run: 'r', sandbox: 'auto', agent });
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

/** A sandbox whose state is named by the newest command: `touch` changes it, anything else does not. */
function touching(): FakeSandbox {
  return fakeSandbox(({ key, script }) => (script === 'touch' ? { fingerprint: key } : {}));
}

/** A transcript of one turn with these commands. */
async function turnOf(...commands: readonly string[]): Promise<string> {
  const start = await appendLink(artifacts, { kind: 'start', parent: null, messages: [] });
  const toolCalls = commands.map((command, i) => ({
    id: `c${i}`,
    name: command === '' ? 'none' : 'bash',
    arguments: JSON.stringify({ command }),
  }));
  return await appendLink(artifacts, {
    kind: 'model',
    parent: start,
    turn: 0,
    message: { role: 'assistant', content: '', toolCalls },
    promptTokenIds: [1],
    completionTokenIds: [2],
    logprobs: [-1],
    finishReason: 'tool_calls',
    usage: null,
    model: 'm',
    startedAt: '',
    durationMs: 1,
  });
}

async function run(sandbox: Sandbox, input: Partial<ToolInput> & { readonly head: string }) {
  const { runTool } = createToolActivities({
    artifacts,
    sandboxes: { choose: async () => sandbox, all: async () => [sandbox] },
  });
  return await activityEnvironment().run(runTool, {
    run: 'r',
    rollout: ROLLOUT,
    epoch: 1,
    config,
    turn: 0,
    call: 0,
    state: { kind: 'start' },
    ...input,
  });
}

const stored = async () => await readdir(artifacts.runPath('r', SNAPSHOTS)).catch(() => []);

test('a state is kept off the host when a command has changed it, together with the one before', async () => {
  const sandbox = touching();
  sandbox.opened.add(ROLLOUT);
  let head = await turnOf('look', 'touch', '', 'touch', 'look', 'touch');
  let state: SandboxState = { kind: 'start' };
  const kept: (string | null)[] = [];
  for (let call = 0; call < 6; call++) {
    const output = await run(sandbox, { head, call, state });
    ({ head, state } = output);
    kept.push(state.kind === 'kept' ? state.fingerprint : null);
  }
  assert.deepEqual(kept, [null, '0-1', '0-1', '0-3', '0-3', '0-5']);
  assert.ok(state.kind === 'kept');
  assert.equal(String(await artifacts.getSnapshot('r', ROLLOUT, state.sha256)), 'state 0-5');
  assert.equal((await stored()).length, 2, 'the newest and the one before it');
  const link = (await artifacts.getJson(head)) as Record<string, unknown>;
  assert.ok(!('fingerprint' in link), 'the transcript is the same whatever host it was made on');
});

test('a damaged snapshot of the state before costs nothing while the sandbox is there', async () => {
  const sandbox = touching();
  sandbox.opened.add(ROLLOUT);
  const head = await turnOf('touch', 'touch');
  const first = await run(sandbox, { head });
  await artifacts.dropSnapshots('r', ROLLOUT, []);
  const second = await run(sandbox, { head: first.head, call: 1, state: first.state });
  assert.ok(second.state.kind === 'kept');
  assert.equal(String(await artifacts.getSnapshot('r', ROLLOUT, second.state.sha256)), 'state 0-1');
});

test('a state above the bound is said to be lost with its host', async () => {
  const sandbox: Sandbox = { ...touching(), snapshot: async () => null };
  (sandbox as FakeSandbox).opened.add(ROLLOUT);
  const { state } = await run(sandbox, { head: await turnOf('touch') });
  assert.deepEqual(state, { kind: 'too_large', fingerprint: '0-0' });
  assert.deepEqual(await stored(), []);
});

test('a call works in the sandbox of its epoch, and one that is gone is not asked again', async () => {
  const sandbox = touching();
  sandbox.opened.add(ROLLOUT);
  const head = await turnOf('touch');
  await assert.rejects(
    run(sandbox, { head, epoch: 2 }),
    (error) =>
      error instanceof ApplicationFailure && error.type === 'Sandbox.Gone' && error.nonRetryable === true,
  );
  sandbox.opened.add(`${ROLLOUT}~2`);
  await run(sandbox, { head, epoch: 2 });
  assert.deepEqual(
    sandbox.commands.map(({ name, command }) => [name, command.key]),
    [[`${ROLLOUT}~2`, '0-0']],
  );
});

test('a snapshot that cannot be stored fails the call, which its retry finds done', async () => {
  const sandbox = touching();
  sandbox.opened.add(ROLLOUT);
  const head = await turnOf('touch');
  const whole = artifacts;
  artifacts = {
    ...whole,
    putSnapshot: async () => {
      throw new SteadfastError('Artifact.DiskFull', 'no space left');
    },
  };
  await assert.rejects(
    run(sandbox, { head }),
    (error) =>
      error instanceof ApplicationFailure &&
      error.type === 'Artifact.DiskFull' &&
      error.nonRetryable !== true,
  );
  artifacts = whole;
  assert.equal((await run(sandbox, { head })).state.kind, 'kept');
});

test('the record is written and the snapshots go, whatever was lost of the turns', async () => {
  const sandbox = touching();
  sandbox.opened.add(ROLLOUT);
  const turn = await turnOf('touch');
  const { head } = await run(sandbox, { head: turn });
  assert.equal((await stored()).length, 1);
  await writeFile(artifacts.blobPath(turn), '{"kind":"model"}');
  const { recordTrajectory } = createTrajectoryActivities({ artifacts });
  const { trajectory, trainable } = await activityEnvironment().run(recordTrajectory, {
    run: 'r',
    rollout: ROLLOUT,
    instance: { instanceId: 'demo__1', ref: '' },
    config,
    policy: { version: 0, model: 'm', apiBase: null },
    seed: 1,
    status: 'scored',
    stopReason: 'done',
    failure: null,
    head,
    grading: await artifacts.putJson(gradingOf(1)),
    startedAt: '2026-01-01T00:00:00.000Z',
  });
  assert.equal(trainable, false);
  const record = (await artifacts.getJson(trajectory)) as Trajectory;
  assert.deepEqual([record.reward, record.turns.length, record.metrics['transcriptDamaged']], [1, 1, 1]);
  assert.deepEqual(await artifacts.listRunFiles('r', 'snapshots'), []);
});
