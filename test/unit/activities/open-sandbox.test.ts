import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { createSandboxActivities } from '../../../src/activities/open-sandbox.ts';
import { createSlots } from '../../../src/activities/slots.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { instance } from '../../support/instance.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-open-'));
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

async function activities(adapters: readonly Sandbox[]) {
  const artifacts = createFolderArtifacts(root);
  const ref = await artifacts.putJson(instance());
  const made = createSandboxActivities({
    artifacts,
    datasets: {
      load: async () => ({ instances: [], droppedWithoutTests: 0 }),
      prepareTree: async (_, stage) => `/trees/${stage}`,
    },
    sandboxes: { choose: async () => adapters[0]!, all: async () => adapters },
    host: 'h1',
    limits: { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 },
    slots: 2,
  });
  const input = (rollout: string) => ({
    run: 'r',
    rollout,
    instance: { instanceId: 'demo__1', ref },
    sandbox: 'auto' as const,
  });
  return { ...made, input };
}

test('opens from the tree with the bug and answers the queue of this host; a retry adopts', async () => {
  const fake = fakeSandbox();
  const trees: (string | null)[] = [];
  const sandbox: Sandbox = {
    ...fake,
    open: async (spec) => {
      trees.push(spec.tree);
      await fake.open(spec);
    },
  };
  const { openSandbox, closeSandbox, input } = await activities([sandbox]);
  const env = activityEnvironment();
  const opened = { hostQueue: 'steadfast-sandbox-h1', environment: 'fake-environment' };
  assert.deepEqual(await env.run(openSandbox, input('r/g-000001/demo__1/0.0')), opened);
  assert.deepEqual(await env.run(openSandbox, input('r/g-000001/demo__1/0.0')), opened);
  assert.deepEqual(trees, ['/trees/bugged', '/trees/bugged']);
  await env.run(closeSandbox, { rollout: 'r/g-000001/demo__1/0.0' });
  assert.equal(fake.opened.size, 0);
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
    activityEnvironment().run(openSandbox, input('r/g/i/0.0')),
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
  await assert.rejects(activityEnvironment().run(closeSandbox, { rollout: 'r/g/i/0.0' }), /no daemon/);
  assert.equal(fake.opened.size, 0);
});

test('a host takes no more rollouts than it has slots; gradings take none', async () => {
  const fake = fakeSandbox();
  const slots = createSlots(2, 0);
  const take = async (name: string) => await slots.take(name, fake, new AbortController().signal);
  fake.opened.add('r/g/i/0.0').add('r/g/i/0.0/grade').add('judge');
  const second = await take('r/g/i/1.0');
  await assert.rejects(take('r/g/i/2.0'), /all 2 sandbox slots/);
  await take('r/g/i/0.0');
  second.release();
  fake.opened.delete('r/g/i/0.0');
});
