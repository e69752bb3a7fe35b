import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { reverseIsBroken } from '../../../src/activities/grading/gold.ts';
import { healthOf, limitsFor, noteFlake } from '../../../src/activities/grading/health.ts';
import { judge } from '../../../src/activities/grading/judge.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import { example, gradingWorld, replacing } from '../../support/grading-world.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const ENDING = 'pqbhagjq';
const FILE = 'textfsm/texttable.py';
const SOUND = 'max(len(word) for word in stripped.split())';
const BUGGY = '(len(word) for word in stripped.split())';
const QUICK = { flakeChance: 0.5 };

const ballast = (mebibytes: number): string => `_BALLAST = b"x" * (${mebibytes} << 20)\n`;
const pad = (from: number): string[] => Array.from({ length: 8 }, (_, i) => `pad ${from + i}`);

/** The example with another bug in the place of its own, and code at the module's head. */
async function withBug(world: ReturnType<typeof gradingWorld>, bug: string, head = ''): Promise<Instance> {
  const instance = await example(ENDING);
  const tree = await world.datasets.prepareTree(instance, 'pristine');
  const before = await readFile(join(tree ?? '', FILE), 'utf8');
  assert.ok(before.includes(SOUND));
  const after = `${head}${before.replace(SOUND, () => bug)}`;
  return { ...instance, bugPatch: replacing(FILE, before, after) };
}

test('a bug that shows itself by chance is flaky, quarantined, and judged again by the next filter', async (t) => {
  const world = gradingWorld(t);
  const lucky = `(${BUGGY} if __import__("random").random() < 0.3 else ${SOUND})`;
  const instance = await withBug(world, lucky);
  const asked = await world.request(instance);
  const first = await judge(asked);
  assert.equal(first.reason, 'flaky', first.detail);
  assert.ok(first.flakeScore > 0 && first.flakeScore <= 0.5, String(first.flakeScore));
  const environment = await world.sandbox.environment(instance);
  const health = await healthOf(world.artifacts, asked.instanceRef, environment);
  assert.deepEqual([health.quarantined, health.flakes], [true, { filter: 1 }]);
  await judge({ ...asked, name: 'again' });
  const after = await healthOf(world.artifacts, asked.instanceRef, environment);
  assert.deepEqual(after.flakes, { filter: 2 });
});

test('an instance that training saw flaky is admitted again by twice the runs that all agree', async (t) => {
  const world = gradingWorld(t);
  const instance = await example(ENDING);
  const asked = await world.request(instance);
  assert.equal((await judge({ ...asked, ...QUICK })).runs, 2);
  const environment = await world.sandbox.environment(instance);
  await noteFlake(world.artifacts, asked.instanceRef, environment, 'grading');
  const again = await judge({ ...asked, ...QUICK, name: 'again' });
  assert.deepEqual([again.verdict, again.runs], ['accept', 4], again.detail);
  const health = await healthOf(world.artifacts, asked.instanceRef, environment);
  assert.deepEqual([health.quarantined, health.readmissions], [false, 1]);
});

test('a run that is cut at its time limit twice is a hang', async (t) => {
  const world = gradingWorld(t);
  // The runs without the bug, which instances of one source share, have all the time they need.
  assert.equal((await judge({ ...(await world.request(await example(ENDING))), ...QUICK })).reason, null);
  const hanging = await withBug(world, 'next(iter(lambda: 0, 1) for _ in iter(int, 1) if False)');
  const judgement = await judge({ ...(await world.request(hanging)), ...QUICK, timeLimitMs: 4000 });
  assert.equal(judgement.reason, 'hangs', judgement.detail);
  assert.match(judgement.detail, /still running after \d+ s, twice/);
});

test('tests that run out of memory are given more, and the class is remembered', async (t) => {
  const world = gradingWorld(t);
  const limits = { memoryBytes: 96 << 20, pids: 256, cpus: 1, diskBytes: 32 << 20 };
  const instance = await withBug(world, BUGGY, ballast(130));
  const asked = { ...(await world.request(instance)), ...QUICK, limits };
  const judgement = await judge(asked);
  assert.equal(judgement.verdict, 'accept', `${judgement.reason}: ${judgement.detail}`);
  const environment = await world.sandbox.environment(instance);
  const health = await healthOf(world.artifacts, asked.instanceRef, environment);
  assert.equal(health.resourceClass, 'large');
  assert.equal(limitsFor(limits, health).memoryBytes, 192 << 20);

  const greedy = await withBug(world, BUGGY, ballast(900));
  const refused = await judge({ ...(await world.request(greedy)), ...QUICK, limits });
  assert.equal(refused.reason, 'out_of_memory', refused.detail);
  assert.match(refused.detail, /more than 384 MiB/);
});

test('a patch that mends another place than it broke is found by comparing trees', async (t) => {
  const world = gradingWorld(t);
  const tree = join(temporaryHome(t), 'tree');
  await mkdir(tree, { recursive: true });
  const lines = [...pad(0), 'x', 'A', 'y', ...pad(10), 'x', 'B', 'y', ...pad(20)];
  await writeFile(join(tree, 'it.py'), lines.map((line) => `${line}\n`).join(''));
  const header = 'diff --git a/it.py b/it.py\n--- a/it.py\n+++ b/it.py\n';
  const hunk = (line: number): string => `${header}@@ -${line},3 +${line},3 @@\n x\n-B\n+A\n y\n`;
  const base = await example(ENDING);
  const ask = async (bugPatch: string, name: string) => {
    const instance = { ...base, bugPatch };
    const request = await world.request(instance);
    const datasets = { ...world.datasets, prepareTree: async () => tree };
    return await reverseIsBroken({ ...request, datasets, name }, instance, request.limits);
  };
  assert.equal(await ask(hunk(20), 'right'), null);
  assert.match((await ask(hunk(9), 'wrong')) ?? '', /changes other lines than it did/);
  assert.match((await ask(hunk(20).replace('-B', '-C'), 'none')) ?? '', /does not apply/);
});
