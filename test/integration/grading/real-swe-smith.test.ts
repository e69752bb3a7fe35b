import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { gradingWorld, reversed } from '../../support/grading-world.ts';
import { byTwos, realRows } from '../../support/real-rows.ts';

/** Ten times what the slowest takes on an idle core. */
const TIME_LIMIT_MS = 600_000;

test('real SWE-smith instances: their lists hold, the fix resolves them, and doing nothing does not', async (t) => {
  const { request } = gradingWorld(t);
  const rows = await realRows('swe-smith.jsonl');
  assert.equal(rows.length, 5);
  await byTwos(rows, async ({ instance: measured, record }) => {
    const id = measured.instanceId;
    // As SWE-smith has them, one with "/n" where pytest has an escaped newline.
    const official = record['swesmith_official'] as { readonly FAIL_TO_PASS: readonly string[] };
    const instance = { ...measured, failToPass: official.FAIL_TO_PASS };

    const nothing = await gradePatch({ ...(await request(instance)), timeLimitMs: TIME_LIMIT_MS });
    assert.equal(nothing.resolved, false, id);
    assert.equal(nothing.reward, 0.2, `${id}: no test to mend passes, and all others do\n${nothing.log}`);
    assert.deepEqual(
      instance.failToPass.filter((one) => nothing.outcomes[one] !== 'failed'),
      [],
      id,
    );

    const fix = await request(instance, reversed(instance.bugPatch ?? ''));
    const fixed = await gradePatch({ ...fix, timeLimitMs: TIME_LIMIT_MS });
    assert.equal(fixed.resolved, true, `${id}\n${fixed.log}`);
    assert.equal(fixed.reward, 1);
    assert.deepEqual([fixed.metrics.patchRejected, fixed.metrics.controlled, fixed.findings], [0, 1, []], id);
  });
});
