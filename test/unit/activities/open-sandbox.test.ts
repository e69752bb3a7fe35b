import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { OpenInput, SandboxState } from '../../../src/activities/contract-sandbox.ts';
import { createSandboxActivities } from '../../../src/activities/open-sandbox.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { instance } from '../../support/instance.ts';

const ROLLOUT = 'r/g-000001/demo__1/0.0';
const DEADLINE = '2026-01-01T02:00:00.000Z';

let root: string;
let artifacts: Artifacts;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-open-'));
  artifacts = createFolderArtifacts(root);
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

async function activities(adapters: readonly Sandbox[], changed: Partial<Instance> = {}) {
  const ref = await artifacts.putJson(instance(changed));
  const made = createSandboxActivities({
    artifacts,
    datasets: {
      load: async () => ({ instances: [], droppedWithoutTests: 0, records: 0, revision: null }),
      prepareRequirements: async ({ requirements }) => (requirements.length > 0 ? '/requirements' : null),
      prepareTree: async (_, stage) => `/trees/${stage}`,
    },
    sandboxes: { choose: async () => adapters[0]!, all: async () => adapters },
    host: 'h1',
    limits: { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 },
  });
  const input = (epoch: number, state: SandboxState = { kind: 'start' }): OpenInput => ({
    run: 'r',
    rollout: ROLLOUT,
    instance: { instanceId: 'demo__1', ref },
    sandbox: 'auto',
    epoch,
    state,
    deadline: DEADLINE,
  });
  return { ...made, input };
}

/** A state of which the snapshot is kept. */
async function kept(fingerprint: string): Promise<Extract<SandboxState, { kind: 'kept' }>> {
  const archive = Buffer.from(`state ${fingerprint}`);
  return { kind: 'kept', fingerprint, sha256: await artifacts.putSnapshot('r', ROLLOUT, archive) };
}

test('opens with the requirements, and without the tests to mend where the run hides them', async () => {
  const fake = fakeSandbox();
  const specs: unknown[] = [];
  const sandbox: Sandbox = {
    ...fake,
    open: async (spec) => {
      specs.push([spec.requirements, spec.hidden]);
      await fake.open(spec);
    },
  };
  const { openSandbox, input } = await activities([sandbox], { requirements: ['click'] });
  const env = activityEnvironment();
  for (const hideTests of [false, true]) {
    const config = await artifacts.putJson({ hideTests });
    await env.run(openSandbox, { ...input(1), config });
  }
  const plain = await activities([sandbox]);
  await env.run(plain.openSandbox, plain.input(1));
  assert.deepEqual(specs, [
    ['/requirements', []],
    ['/requirements', ['tests/test_it.py']],
    [null, []],
  ]);
});

test('opens from the tree with the bug and answers the queue of this host; a retry adopts', async () => {
  const fake = fakeSandbox();
  const specs: unknown[] = [];
  const sandbox: Sandbox = {
    ...fake,
    open: async (spec) => {
      specs.push([spec.name, spec.tree, spec.deadline]);
      await fake.open(spec);
    },
  };
  const { openSandbox, closeSandbox, input } = await activities([sandbox]);
  const env = activityEnvironment();
  const opened = { hostQueue: 'steadfast-sandbox-h1', environment: 'fake-environment' };
  assert.deepEqual(await env.run(openSandbox, input(1)), opened);
  assert.deepEqual(await env.run(openSandbox, input(1)), opened);
  assert.deepEqual(specs, [
    [ROLLOUT, '/trees/bugged', DEADLINE],
    [ROLLOUT, '/trees/bugged', DEADLINE],
  ]);
  await env.run(closeSandbox, { rollout: ROLLOUT, epoch: 1 });
  assert.equal(fake.opened.size, 0);
});

test('a later epoch is restored, and what is left here of those before is closed first', async () => {
  const sandbox = fakeSandbox();
  const other = `${ROLLOUT}1`;
  for (const name of [ROLLOUT, `${ROLLOUT}/grade-1`, `${ROLLOUT}~2`, other]) sandbox.opened.add(name);
  const { openSandbox, closeSandbox, input } = await activities([sandbox]);
  const env = activityEnvironment();
  const state = await kept('f1');
  await env.run(openSandbox, input(3, state));
  assert.deepEqual([...sandbox.opened], [other, `${ROLLOUT}~3`]);
  const restored = { name: `${ROLLOUT}~3`, archive: Buffer.from('state f1') };
  assert.deepEqual(sandbox.restored, [restored]);
  await env.run(openSandbox, input(3, state));
  assert.deepEqual(sandbox.restored, [restored, restored], 'nobody can tell how far the first attempt came');
  await env.run(closeSandbox, { rollout: ROLLOUT, epoch: 3 });
  assert.deepEqual([...sandbox.opened], [other]);
});

test('an attempt that was frozen for longer than the heartbeat timeout restores and closes nothing', async () => {
  const fake = fakeSandbox();
  const sandbox: Sandbox = {
    ...fake,
    open: async (spec) => {
      await fake.open(spec);
      // Nothing of this process happens meanwhile, as after a SIGSTOP.
      for (const until = Date.now() + 250; Date.now() < until;);
    },
  };
  const { openSandbox, input } = await activities([sandbox]);
  const env = activityEnvironment({ heartbeatTimeoutMs: 200 });
  await assert.rejects(env.run(openSandbox, input(2, await kept('f1'))), /opened too late/);
  assert.deepEqual(fake.restored, []);
  assert.deepEqual([...fake.opened], [`${ROLLOUT}~2`]);
});

test('a damaged snapshot is made again from the sandbox before it, if that is still in the same state', async () => {
  const sandbox = fakeSandbox(({ key }) => ({ fingerprint: key }));
  const { openSandbox, input } = await activities([sandbox]);
  const env = activityEnvironment();
  const command = { script: '', session: 'plain', timeoutMs: 1, outputBytes: 1 } as const;
  sandbox.opened.add(ROLLOUT);
  await sandbox.run(ROLLOUT, { ...command, key: 'f2' });
  const state = await kept('f2');
  await artifacts.dropSnapshots('r', ROLLOUT, []);
  await env.run(openSandbox, input(2, state));
  assert.deepEqual(sandbox.restored, [{ name: `${ROLLOUT}~2`, archive: Buffer.from('state f2') }]);

  sandbox.opened.add(ROLLOUT);
  await sandbox.run(ROLLOUT, { ...command, key: 'f3' });
  await assert.rejects(
    env.run(openSandbox, input(2, state)),
    (error) => error instanceof ApplicationFailure && error.type === 'Artifact.Missing',
    'a command that nobody heard of has run there',
  );
});

test('a state that was too large to be kept cannot be gone on with', async () => {
  const { openSandbox, input } = await activities([fakeSandbox()]);
  await assert.rejects(
    activityEnvironment().run(openSandbox, input(2, { kind: 'too_large', fingerprint: 'f' })),
    (error) =>
      error instanceof ApplicationFailure && error.type === 'Sandbox.Gone' && error.nonRetryable === true,
  );
});

test('an opening that fails leaves nothing behind and keeps its type', async () => {
  const fake = fakeSandbox();
  const sandbox: Sandbox = {
    ...fake,
    open: async (spec) => {
      await fake.open(spec);
      throw new SteadfastError('Sandbox.DiskFull', 'full');
    },
  };
  const { openSandbox, input } = await activities([sandbox]);
  await assert.rejects(
    activityEnvironment().run(openSandbox, input(1)),
    (error) => error instanceof ApplicationFailure && error.type === 'Sandbox.DiskFull',
  );
  assert.equal(fake.opened.size, 0);
});

test('one adapter that does not answer keeps no other from closing', async () => {
  const broken: Sandbox = {
    ...fakeSandbox(),
    close: async () => {
      throw new SteadfastError('Sandbox.Unavailable', 'no daemon');
    },
  };
  const fake = fakeSandbox();
  fake.opened.add('r/g/i/0.0');
  const { closeSandbox } = await activities([broken, fake]);
  await assert.rejects(
    activityEnvironment().run(closeSandbox, { rollout: 'r/g/i/0.0', epoch: 1 }),
    /no daemon/,
  );
  assert.equal(fake.opened.size, 0);
});
