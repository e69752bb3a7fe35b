import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { SandboxState, ToolInput } from '../../../src/activities/contract-sandbox.ts';
import { createTrajectoryActivities } from '../../../src/activities/record-trajectory.ts';
import { createToolActivities } from '../../../src/activities/run-tool.ts';
import { createModelActivities } from '../../../src/activities/sample-turn.ts';
import { readTranscript } from '../../../src/activities/transcript.ts';
import { messagesOf } from '../../../src/domain/conversation.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { trajectoryPath } from '../../../src/domain/ids.ts';
import type { ToolCall } from '../../../src/domain/messages.ts';
import type { Trajectory } from '../../../src/domain/trajectory.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { gradingOf } from '../../support/grading.ts';
import { scriptedModel } from '../../support/scripted-model.ts';
import { instance } from '../../support/instance.ts';

const ROLLOUT = 'r/g-000001/demo__1/0.0';
const POLICY = { version: 3, model: 'r@3', apiBase: null };
const bash = (id: string, command: string): ToolCall => ({
  id,
  name: 'bash',
  arguments: JSON.stringify({ command }),
});

let root: string;
let artifacts: Artifacts;
let config: string;
let ref: { instanceId: string; ref: string };
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-rollout-'));
  artifacts = createFolderArtifacts(root);
  const agent = {
    maxSteps: 5,
    timeLimitSeconds: 3600,
    temperature: 1,
    maxTokens: 100,
    systemPrompt: 'You fix.',
    instancePromptTemplate: 'Fix: {problem_statement}',
    commandTimeoutSeconds: 60,
    modelTimeoutSeconds: 90,
    outputLimitCharacters: 1000,
  };
  config = await artifacts.putJson({ run: 'r', sandbox: 'auto', agent });
  ref = { instanceId: 'demo__1', ref: await artifacts.putJson(instance()) };
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

const sampling = (head: string | null, turn: number) => ({
  rollout: ROLLOUT,
  instance: ref,
  config,
  policy: POLICY,
  head,
  turn,
  seed: 7,
});

const calling = (head: string, call = 0, state: SandboxState = { kind: 'start' }): ToolInput => ({
  run: 'r',
  rollout: ROLLOUT,
  epoch: 1,
  config,
  head,
  turn: 0,
  call,
  state,
});

function tools(sandbox: ReturnType<typeof fakeSandbox>) {
  const sandboxes = { choose: async () => sandbox, all: async () => [sandbox] };
  return createToolActivities({ artifacts, sandboxes });
}

test('two turns and a tool call make one transcript, and a trajectory derived from it', async () => {
  const env = activityEnvironment();
  const { asked, model } = scriptedModel([bash('a', 'ls')]);
  const { sampleTurn } = createModelActivities({ artifacts, model });
  const sandbox = fakeSandbox(() => ({ output: 'setup.py' }));
  sandbox.opened.add(ROLLOUT);

  const first = await env.run(sampleTurn, sampling(null, 0));
  assert.deepEqual(first.calls, ['bash: ls']);
  const ran = await env.run(tools(sandbox).runTool, calling(first.head));
  assert.equal(sandbox.commands[0]?.command.key, '0-0');
  const second = await env.run(sampleTurn, sampling(ran.head, 1));
  assert.deepEqual(second.calls, []);
  assert.equal(second.finishReason, 'stop');

  assert.deepEqual(
    asked[1]?.messages.map((message) => [message.role, message.content]),
    [
      ['system', 'You fix.'],
      ['user', 'Fix: It is broken.'],
      ['assistant', 'ok'],
      ['tool', 'Exit code: 0\nOutput:\nsetup.py'],
    ],
  );
  assert.deepEqual(asked[1]?.messages[2], {
    role: 'assistant',
    content: 'ok',
    toolCalls: [bash('a', 'ls')],
    tokenIds: [2],
  });
  assert.equal(asked[1]?.seed, 7);
  assert.equal(asked[1]?.timeoutMs, 90_000);

  const { recordTrajectory } = createTrajectoryActivities({ artifacts });
  const input = {
    run: 'r',
    rollout: ROLLOUT,
    instance: ref,
    config,
    policy: POLICY,
    seed: 1,
    status: 'scored',
    stopReason: 'done',
    failure: null,
    head: second.head,
    grading: await artifacts.putJson(gradingOf(1)),
    startedAt: '2026-01-01T00:00:00.000Z',
  } as const;
  const recorded = await env.run(recordTrajectory, input);
  assert.deepEqual(await env.run(recordTrajectory, input), recorded);
  assert.ok(recorded.trainable);
  const file = await readFile(artifacts.runPath('r', trajectoryPath('r', ROLLOUT)), 'utf8');
  const trajectory = JSON.parse(file) as Trajectory;
  assert.deepEqual(trajectory, await artifacts.getJson(recorded.trajectory));
  assert.equal(trajectory.reward, 1);
  assert.equal(trajectory.turns.length, 4);
  assert.deepEqual(trajectory.usage, { promptTokens: 4, completionTokens: 2 });
  assert.equal(trajectory.metrics['turns'], 2);
});

test('a rollout that failed before its first turn is recorded too, without reward', async () => {
  const { recordTrajectory } = createTrajectoryActivities({ artifacts });
  const { trajectory, trainable } = await activityEnvironment().run(recordTrajectory, {
    run: 'r',
    rollout: ROLLOUT,
    instance: ref,
    config,
    policy: POLICY,
    seed: 1,
    status: 'failed',
    stopReason: 'failed',
    failure: { type: 'Sandbox.Gone', message: 'gone' },
    head: null,
    grading: null,
    startedAt: '2026-01-01T00:00:00.000Z',
  });
  assert.equal(trainable, false);
  const record = (await artifacts.getJson(trajectory)) as Trajectory;
  assert.equal(record.reward, null);
  assert.equal(record.failure?.type, 'Sandbox.Gone');
});

test('calls beyond sixteen are answered unrun, and all others are found', async () => {
  const env = activityEnvironment();
  const { model } = scriptedModel(Array.from({ length: 18 }, (_, i) => bash(`c${i}`, `echo ${i}`)));
  const turn = await env.run(createModelActivities({ artifacts, model }).sampleTurn, sampling(null, 0));
  assert.equal(turn.calls.length, 16);
  const sandbox = fakeSandbox();
  sandbox.opened.add(ROLLOUT);
  let { head } = turn;
  for (let i = 0; i < 16; i++) {
    ({ head } = await env.run(tools(sandbox).runTool, calling(head, i)));
  }
  assert.equal(sandbox.commands.at(-1)?.command.script, 'echo 15');
  const answered = messagesOf(await readTranscript(artifacts, head)).filter(
    (message) => message.role === 'tool',
  );
  assert.equal(new Set(answered.map((message) => message.toolCallId)).size, 18);
  assert.match(answered[0]?.content ?? '', /^Not run: at most 16/);
});

test('errors of the model come as typed failures', async () => {
  const model = {
    sample: async () => {
      throw new SteadfastError('Model.ContextOverflow', 'too long');
    },
    check: async () => {
      throw new SteadfastError('Model.RateLimit', 'slow', { retryAfterMs: 50 });
    },
  };
  const { sampleTurn, checkModel } = createModelActivities({ artifacts, model });
  const env = activityEnvironment();
  await assert.rejects(
    env.run(sampleTurn, sampling(null, 0)),
    (error) =>
      error instanceof ApplicationFailure &&
      error.type === 'Model.ContextOverflow' &&
      error.nonRetryable === true,
  );
  await assert.rejects(
    env.run(checkModel, { model: 'm', apiBase: null }),
    (error) => error instanceof ApplicationFailure && error.nextRetryDelay === 50,
  );
});

test('cancelling a tool call passes its signal on and ends as cancelled', { timeout: 5000 }, async () => {
  const env = activityEnvironment();
  const { model } = scriptedModel([bash('a', 'sleep 60')]);
  const turn = await env.run(createModelActivities({ artifacts, model }).sampleTurn, sampling(null, 0));
  const sandbox = fakeSandbox(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('stopped')));
        setTimeout(() => env.environment.cancel('CANCELLED'), 20);
      }),
  );
  sandbox.opened.add(ROLLOUT);
  await assert.rejects(env.run(tools(sandbox).runTool, calling(turn.head)), CancelledFailure);
});
