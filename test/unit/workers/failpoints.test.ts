import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { loadConfig } from '../../../src/config.ts';
import { createDeps } from '../../../src/workers/deps.ts';
import { failingArtifacts, failingRunTool, failingSandboxes } from '../../../src/workers/failing-deps.ts';
import { type Act, createFailpoints } from '../../../src/workers/failpoints.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { instance } from '../../support/instance.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-failpoints-'));
  folder = join(root, 'failpoints');
  await mkdir(folder);
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

const arm = async (name: string, what: string) => await writeFile(join(folder, name), what);

/** Failpoints that keep what they would have done, and a way to note what else happens. */
function noting() {
  const seen: unknown[] = [];
  return { seen, fire: createFailpoints(folder, async (what) => void seen.push(what)) };
}

test('a failpoint fires once, and only where a file of its name is', async () => {
  const { seen, fire } = noting();
  await fire('tool.before');
  await arm('tool.before', 'delay 250\n');
  await arm('tool.after', '');
  await fire('tool.after');
  await Promise.all(Array.from({ length: 20 }, async () => await fire('tool.before')));
  assert.deepEqual(seen, [{ delayMs: 250 }] satisfies Act[]);
  assert.deepEqual(await readdir(folder), ['tool.after'], 'an empty file is still being written');
  await arm('tool.before', 'explode');
  await assert.rejects(fire('tool.before'), /"explode"; expected kill, stop or delay <ms>/);
});

test('a delay passes by itself', async () => {
  await arm('x', 'delay 30');
  const startedAt = performance.now();
  await createFailpoints(folder)('x');
  assert.ok(performance.now() - startedAt >= 29);
});

test('they stand around the effects that they are named after', async () => {
  const { seen, fire } = noting();
  const sandbox = fakeSandbox(({ key }) => {
    seen.push(`run ${key}`);
    return {};
  });
  const sandboxes = failingSandboxes({ choose: async () => sandbox, all: async () => [sandbox] }, fire);
  const artifacts = failingArtifacts(createFolderArtifacts(join(root, 'store')), fire);
  const names = ['sandbox.create', 'sandbox.created', 'tool.before', 'tool.after', 'tool.report'];
  for (const [i, name] of names.entries()) await arm(name, `delay ${i}`);
  const chosen = await sandboxes.choose('auto');
  const limits = { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 };
  await chosen.open({ name: 's', run: 'r', instance: instance(), tree: null, limits, deadline: '' });
  const command = { script: '', session: 'plain', timeoutMs: 1, outputBytes: 1 } as const;
  const runTool = failingRunTool(async () => {
    await chosen.run('s', { ...command, key: 'tests' });
    await chosen.run('s', { ...command, key: '12-3' });
    return { head: '', state: { kind: 'start' }, exitCode: 0, timedOut: false };
  }, fire);
  const state = { kind: 'start' } as const;
  await runTool({ run: 'r', rollout: 's', epoch: 1, config: '', head: '', turn: 12, call: 3, state });
  assert.deepEqual(seen, [
    { delayMs: 0 },
    { delayMs: 1 },
    'run tests',
    { delayMs: 2 },
    'run 12-3',
    { delayMs: 3 },
    { delayMs: 4 },
  ]);
  for (const name of ['artifact.write', 'snapshot.stored']) await arm(name, 'stop');
  const sha256 = await artifacts.putSnapshot('r', 's', Buffer.from('x'));
  assert.equal(String(await artifacts.getSnapshot('r', 's', sha256)), 'x');
  assert.deepEqual(seen.slice(7), ['stop', 'stop']);
});

test('a process that is really killed leaves no half of an artifact, and is not killed again', async () => {
  await arm('artifact.write', 'kill');
  const store = join(root, 'store');
  const script = `
    const { createDeps } = await import(${JSON.stringify(import.meta.resolve('../../../src/workers/deps.ts'))});
    const { loadConfig } = await import(${JSON.stringify(import.meta.resolve('../../../src/config.ts'))});
    const { artifacts } = createDeps(loadConfig());
    await artifacts.putSnapshot('r', 'r/g/i/0.0', Buffer.alloc(64 * 1024 * 1024, 'x'));`;
  const env = { ...process.env, STEADFAST_FAILPOINTS: folder, STEADFAST_STORE: store };
  const run = async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: 'inherit' });
    return (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  };
  assert.deepEqual(await run(), [null, 'SIGKILL']);
  const artifacts = createFolderArtifacts(store);
  assert.deepEqual(await artifacts.listRunFiles('r', 'snapshots'), []);
  assert.deepEqual(await run(), [0, null]);
  const [path = ''] = await artifacts.listRunFiles('r', 'snapshots');
  assert.equal((await artifacts.getSnapshot('r', 'r/g/i/0.0', path.slice(-64))).length, 64 * 1024 * 1024);
});

test('without the variable there are none', () => {
  assert.equal(loadConfig({}).failpoints, null);
  assert.equal(createDeps(loadConfig({ STEADFAST_HOME: root })).fire, null);
});
