import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { callTool } from '../../../src/activities/tools/call-tool.ts';
import { appendLink } from '../../../src/activities/transcript.ts';
import { noteFlake } from '../../../src/activities/grading/health.ts';
import { createTrajectoryActivities } from '../../../src/activities/record-trajectory.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { StopReason, Trajectory, TurnLink } from '../../../src/domain/trajectory.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { gradingOf } from '../../support/grading.ts';
import { instance } from '../../support/instance.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { bash, turnsOf } from '../domain/audit/transcript.ts';

const FLAW = { kind: 'test_files_changed', where: 'patch: tests/x.py', detail: 'left out' } as const;

let root: string;
let artifacts: Artifacts;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-record-'));
  artifacts = createFolderArtifacts(root);
});
afterEach(async () => await rm(root, { recursive: true }));

/** Records a rollout whose grading is 1 over a baseline of 0.2. */
async function recorded(given: {
  readonly policies?: Readonly<Record<string, string>>;
  readonly links?: readonly TurnLink[];
  readonly stopReason?: StopReason;
  /** Whether its first link is damaged. */
  readonly damaged?: boolean;
}) {
  const first = await appendLink(artifacts, { kind: 'start', parent: null, messages: [] });
  let head = first;
  for (const link of given.links ?? []) {
    if (link.kind !== 'start') head = await appendLink(artifacts, { ...link, parent: head });
  }
  if (given.damaged === true) await writeFile(artifacts.blobPath(first), '{}');
  const graded = gradingOf(1);
  const metrics = { ...graded.metrics, baselineReward: 0.2, verified: 1 };
  const ref = await artifacts.putJson(instance());
  const { recordTrajectory } = createTrajectoryActivities({ artifacts });
  const { counted, trajectory } = await activityEnvironment().run(recordTrajectory, {
    run: 'r',
    rollout: 'r/g-000001/demo__1/1.1',
    instance: { instanceId: 'demo__1', ref },
    config: await artifacts.putJson({ run: 'r', findings: given.policies }),
    policy: { version: 3, model: 'r@3', apiBase: null },
    seed: 1,
    status: 'scored',
    stopReason: given.stopReason ?? 'done',
    failure: null,
    head,
    grading: await artifacts.putJson({ ...graded, metrics, findings: [FLAW] }),
    startedAt: '2026-01-01T00:00:00.000Z',
  });
  return { counted, ref, record: (await artifacts.getJson(trajectory)) as Trajectory };
}

const SUSPICIOUS = turnsOf([bash('git reflog'), bash('cat /proc/1/environ')]);

test('a record counts what the audit, the grading and the run’s policies make of it', async () => {
  const { counted, record, ref } = await recorded({ links: SUSPICIOUS, stopReason: 'max_steps' });
  assert.deepEqual(counted, {
    reward: 1,
    resolved: true,
    mask: 'finding:host_probed',
    baselineReward: 0.2,
    findings: ['test_files_changed', 'history_access', 'host_probed'],
    verified: true,
  });
  assert.deepEqual(record.findings, [
    FLAW,
    { kind: 'history_access', where: 'turn 1, call 1', detail: 'git reflog' },
    { kind: 'host_probed', where: 'turn 2, call 1', detail: 'cat /proc/1/environ' },
  ]);
  assert.deepEqual([record.mask, record.instance, record.turns.length], ['finding:host_probed', ref, 3]);

  const kept = await recorded({
    links: SUSPICIOUS,
    stopReason: 'max_steps',
    policies: { host_probed: 'keep' },
  });
  assert.equal(kept.counted?.mask, 'resolved_at_turn_limit');
});

test('a penalty gives the reward of doing nothing, and keeps what was earned as evidence', async () => {
  const { counted, record } = await recorded({ links: SUSPICIOUS, policies: { host_probed: 'penalise' } });
  assert.deepEqual([counted?.reward, counted?.resolved, counted?.mask], [0.2, false, null]);
  assert.deepEqual([record.reward, record.resolved, record.grading?.reward], [0.2, false, 1]);
});

test('commands that ran out of memory or time are counted, and the former mask', async () => {
  const links = SUSPICIOUS.map((link): TurnLink =>
    link.kind === 'tool' ? { ...link, outOfMemory: true, timedOut: true } : link,
  );
  const { counted, record } = await recorded({ links, policies: { host_probed: 'keep' } });
  assert.equal(counted?.mask, 'agent_out_of_memory');
  assert.deepEqual([record.metrics['toolsOutOfMemory'], record.metrics['toolTimeouts']], [2, 2]);
});

test('a command’s want of memory is told to the transcript', async () => {
  const sandbox = fakeSandbox(() => ({ outOfMemory: true }));
  sandbox.opened.add('s');
  const agent = { commandTimeoutSeconds: 1, outputLimitCharacters: 100 };
  const scene = { sandbox, name: 's', key: 'k', agent, signal: new AbortController().signal };
  const outcome = await callTool({ id: 'a', name: 'bash', arguments: '{"command": "ls"}' }, scene);
  assert.equal(outcome.outOfMemory, true);
});

test('an instance that came out differently before masks what is recorded from then on', async () => {
  await noteFlake(artifacts, await artifacts.putJson(instance()), 'fake-environment', 'verify');
  assert.equal((await recorded({})).counted?.mask, 'flaky_instance');
});

const trainable = async (given: Parameters<typeof recorded>[0]) => (await recorded(given)).record.trainable;

test('what is left of a damaged transcript is trained on by nobody, nor one without a reply', async () => {
  const reply: TurnLink = {
    kind: 'model',
    parent: '',
    turn: 1,
    message: { role: 'assistant', content: 'done', toolCalls: [] },
    promptTokenIds: [1],
    completionTokenIds: [2],
    logprobs: [-0.5],
    finishReason: 'stop',
    usage: null,
    model: 'm',
    startedAt: '',
    durationMs: 1,
  };
  assert.equal(await trainable({ links: [reply] }), true);
  assert.equal(await trainable({}), false);
  assert.equal(await trainable({ links: [reply], damaged: true }), false);
});
