import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { runTests } from '../../../src/activities/grading/run-tests.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { TestRun } from '../../../src/schemas/test-run.ts';
import { gradingWorld } from '../../support/grading-world.ts';
import { byTwos, realRows, type RealRow } from '../../support/real-rows.ts';

/** Ten times what the slowest takes on an idle core. */
const TIME_LIMIT_MS = 600_000;
/** The quickest two, of which the second's tests start further processes. */
const GRADED = ['django__django-16046', 'django__django-13660'];

const passed = (run: TestRun, ids: readonly string[]): readonly string[] =>
  ids.filter((id) => run.outcomes[id] === 'passed');

test("real Django instances run by Django's own runner: their official lists hold, with the fix and without", async (t) => {
  const { request } = gradingWorld(t);
  const rows = await realRows('django.jsonl');
  assert.equal(rows.length, 7);
  const run = async (instance: Instance, patch: string): Promise<TestRun> => {
    const bench = { ...(await request(instance)), timeLimitMs: TIME_LIMIT_MS };
    return await runTests(bench, instance, 'bugged', patch);
  };
  await byTwos(rows, async ({ instance, record }: RealRow) => {
    const { instanceId, failToPass, passToPass, goldPatch } = instance;
    assert.equal(instance.runner, 'django');
    assert.deepEqual(JSON.parse(record['FAIL_TO_PASS'] as string), failToPass);
    assert.deepEqual(JSON.parse(record['PASS_TO_PASS'] as string), passToPass);
    const fixed = await run(instance, goldPatch ?? '');
    assert.deepEqual(passed(fixed, failToPass), failToPass, `${instanceId}\n${fixed.log}`);
    assert.deepEqual(passed(fixed, passToPass), passToPass, `${instanceId}\n${fixed.log}`);
    const untouched = await run(instance, '');
    assert.deepEqual(passed(untouched, failToPass), [], instanceId);
    assert.deepEqual(passed(untouched, passToPass), passToPass, `${instanceId}\n${untouched.log}`);
    // What the official reader of a log looks for: the name or the first line of the docstring, and how it ended.
    const [id = ''] = failToPass;
    assert.ok(
      fixed.log
        .split('\n')
        .some((line) => line.endsWith('... ok') && line.startsWith(id.split(' (')[0] ?? '')),
      fixed.log,
    );
  });
});

test('grading Django: the fix is worth 1, doing nothing 0.2, and forged passes nothing', async (t) => {
  const { request, append } = gradingWorld(t);
  const rows = await realRows('django.jsonl');
  await byTwos(
    rows.filter(({ instance }) => GRADED.includes(instance.instanceId)),
    async ({ instance }) => {
      const graded = async (patch: string) =>
        await gradePatch({ ...(await request(instance, patch)), timeLimitMs: TIME_LIMIT_MS });
      const nothing = await graded('');
      assert.deepEqual([nothing.reward, nothing.resolved], [0.2, false], nothing.log);
      const fixed = await graded(instance.goldPatch ?? '');
      assert.deepEqual([fixed.reward, fixed.resolved], [1, true], fixed.log);
      assert.deepEqual([fixed.metrics.controlled, fixed.metrics.forged, fixed.findings], [1, 0, []]);
    },
  );
  const instance = rows.find((row) => row.instance.instanceId === GRADED[0])?.instance;
  assert.ok(instance !== undefined);
  const forging = [
    'import unittest',
    'unittest.TestCase.run = lambda self, result: (',
    '    result.startTest(self), result.addSuccess(self), result.stopTest(self))',
  ].join('\n');
  const patch = await append(instance, 'django/utils/numberformat.py', forging);
  const forged = await gradePatch({ ...(await request(instance, patch)), timeLimitMs: TIME_LIMIT_MS });
  assert.deepEqual([forged.reward, forged.resolved, forged.metrics.forged], [0, false, 1], forged.log);
});
