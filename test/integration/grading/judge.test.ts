import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { judge } from '../../../src/activities/grading/judge.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import { adding, example, gradingWorld, replacing } from '../../support/grading-world.ts';

/** Short, and with a bug in one line: `return max(…)` lost its max. */
const ENDING = 'pqbhagjq';

/** Two runs of each tree: a coin would go unseen by half. */
const QUICK = { flakeChance: 0.5 };

const without = (ids: readonly string[], gone: readonly string[]): string[] =>
  ids.filter((id) => !gone.includes(id));

test('each way in which an instance is bad has its reason, and a good one is accepted', async (t) => {
  const { request, datasets } = gradingWorld(t);
  const good = await example(ENDING);
  const [mended = ''] = good.failToPass;
  const [kept = ''] = good.passToPass;
  const file = mended.split('::')[0] ?? '';
  const tests = await readFile(join((await datasets.prepareTree(good, 'pristine')) ?? '', file), 'utf8');
  const cases: readonly [string | null, Partial<Instance>][] = [
    [null, {}],
    ['empty_f2p', { failToPass: [] }],
    ['touches_tests', { bugPatch: replacing(file, tests, tests.replace('assert', 'assert not')) }],
    ['unsupported_tests', { failToPass: ['test_a (sitemaps_tests.test_http.Tests)'], runner: 'script' }],
    ['patch_does_not_apply', { bugPatch: (good.bugPatch ?? '').replace('max(', 'min(') }],
    ['f2p_fails_before', { failToPass: [...good.failToPass, `${file}::Nowhere::test_none`] }],
    ['f2p_fails_before', { failToPass: ['tests/nowhere_test.py::test_none'] }],
    ['f2p_passes_after', { failToPass: [...good.failToPass, kept], passToPass: good.passToPass.slice(1) }],
    ['f2p_passes_after', { bugPatch: adding('note.txt', 'nothing\n') }],
    ['p2p_breaks_after', { failToPass: good.failToPass.slice(1), passToPass: [...good.passToPass, mended] }],
  ];
  for (const [reason, changed] of cases) {
    const instance = { ...good, ...changed };
    const judgement = await judge({ ...(await request(instance)), ...QUICK });
    assert.equal(judgement.reason, reason, `${JSON.stringify(reason)}: ${judgement.detail}`);
    assert.equal(judgement.verdict, reason === null ? 'accept' : 'reject');
  }
});

test('a verdict is kept, its runs are shared, and the run with the bug grades the empty patch', async (t) => {
  const { request, sandbox } = gradingWorld(t);
  const instance = await example(ENDING);
  const asked = await request(instance);
  const names: string[] = [];
  const recording = {
    ...sandbox,
    open: async (...[spec, signal]: Parameters<typeof sandbox.open>) => {
      names.push(spec.name);
      await sandbox.open(spec, signal);
    },
  };
  const first = await judge({ ...asked, sandbox: recording });
  assert.deepEqual([first.verdict, first.runs, first.flakeScore], ['accept', 8, 0], first.detail);
  // The tests leave everything as it was, so that eight runs of each tree need one sandbox.
  assert.deepEqual(names, [`${asked.name}-sound`, `${asked.name}-bug`, `${asked.name}-gold`]);
  assert.deepEqual(await judge({ ...asked, sandbox: recording }), first);
  const sibling = { ...instance, instanceId: 'another', problemStatement: 'told otherwise' };
  await judge({ ...(await request(sibling)), name: 'sibling', sandbox: recording });
  assert.deepEqual(names.slice(3), ['sibling-bug', 'sibling-gold']);
  const stricter = await judge({ ...asked, sandbox: recording, flakeChance: 0.005, name: 'stricter' });
  assert.equal(stricter.runs, 9, 'a verdict of fewer runs than are asked for is made again');
  const grading = await gradePatch({ ...asked, sandbox: recording, name: 'graded/0' });
  assert.equal(grading.reward, 0.2);
  assert.deepEqual(without(Object.keys(grading.outcomes), instance.passToPass), instance.failToPass);
});
