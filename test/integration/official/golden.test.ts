import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { OfficialReading } from '../../../src/ports/official.ts';
import { fixture, fixtureJson, realOfficial, smithInstance } from '../../support/official.ts';

/** Test ids by what became of them, as reports have them. */
interface Lists {
  readonly success: string[];
  readonly failure: string[];
}

/** Fields of the kept reports that SWE-smith 0.0.9 does not write: an older version did, or its `run_evaluation` adds it. */
const NOT_OF_THE_GRADING = ['patch_is_None', 'patch_successfully_applied', 'model_name_or_path'];

describe("SWE-smith's real logs give its real reports", () => {
  const official = realOfficial({ after });

  for (const id of [
    'getmoto__moto.694ce1f4.pr_7331',
    'pandas-dev__pandas.95280573.pr_53652',
    'pydantic__pydantic.acb0f10f.pr_8316',
  ]) {
    test(`the evaluation of ${id}`, async () => {
      const kept = await fixtureJson(`eval_${id}_report.json`);
      const status = kept['tests_status'] as Record<'FAIL_TO_PASS' | 'PASS_TO_PASS', Lists>;
      const [failToPass, passToPass] = [status.FAIL_TO_PASS, status.PASS_TO_PASS].map(
        ({ success, failure }) => [...success, ...failure],
      );
      const instance = smithInstance(id, failToPass ?? [], passToPass ?? []);
      const log = await fixture(`eval_${id}_test_output.txt`);
      const { outcomes, ended, imitations, verdict } = await official.read(instance, { log, ended: 'ran' });
      const ofGrading = Object.entries(kept).filter(([field]) => !NOT_OF_THE_GRADING.includes(field));
      assert.deepEqual(verdict.report, Object.fromEntries(ofGrading));
      assert.equal(verdict.resolved, kept['resolved']);
      const run = await fixtureJson('run_evaluation_report.json');
      assert.equal((run['ids_resolved'] as string[]).includes(id), verdict.resolved);
      assert.deepEqual([ended, imitations], [true, []]);
      assert.deepEqual(new Set(Object.values(outcomes)), new Set(['passed']));
      assert.equal(Object.keys(outcomes).length, instance.failToPass.length + instance.passToPass.length);
    });
  }

  test('the validation of a bug: what fails with it and passes without', async () => {
    const record = await fixtureJson('pandas_pr_53652.json');
    const kept = (await fixtureJson('run_validation_report.json')) as Record<string, string[]>;
    const lists = ['FAIL_TO_PASS', 'PASS_TO_PASS'].map((name) => record[name] as string[]);
    const instance = smithInstance(record['instance_id'] as string, lists[0] ?? [], lists[1] ?? []);
    const read = async (name: string) =>
      await official.read(instance, { log: await fixture(name), ended: 'ran' });
    const buggy = await read('run_validation_test_output.txt');
    const sound = await read('run_validation_test_output_pre_gold.txt');
    const those = (before: string, afterwards: string) =>
      Object.keys(sound.outcomes).filter(
        (id) => outcomeOf(buggy, id) === before && outcomeOf(sound, id) === afterwards,
      );
    assert.deepEqual(
      {
        FAIL_TO_PASS: those('failed', 'passed'),
        PASS_TO_PASS: those('passed', 'passed'),
        FAIL_TO_FAIL: those('failed', 'failed'),
        PASS_TO_FAIL: those('passed', 'failed'),
      },
      kept,
    );
    assert.deepEqual([buggy.verdict.resolved, sound.verdict.resolved], [false, true]);
  });

  test('the script is what the profile says: the files of listed tests where the whole suite takes too long', async () => {
    const moto = smithInstance(
      'getmoto__moto.694ce1f4.pr_1',
      ['tests/test_a.py::test_b'],
      ['tests/test_c.py::test_d'],
    );
    const some = await official.script(moto);
    assert.match(some.script, /\npytest |; pytest .* tests\/test_a\.py tests\/test_c\.py\n/);
    assert.deepEqual([some.restored, some.timeoutMs], [['tests/test_a.py', 'tests/test_c.py'], 90_000]);
    const whole = await official.script(
      smithInstance('pydantic__pydantic.acb0f10f.pr_1', ['tests/test_a.py::test_b'], []),
    );
    assert.match(whole.script, /pytest --disable-warnings --color=no --tb=no --verbose\n: '>>>>> End/);
    assert.deepEqual(some.applyCommands, [
      'git apply --verbose /tmp/patch.diff',
      'git apply --verbose --reject /tmp/patch.diff',
      'patch --batch --fuzz=5 -p1 -i /tmp/patch.diff',
    ]);
    // Its profile would look through a clone for the tests' files; the grader has no network.
    const go = await official.script(smithInstance('gin-gonic__gin.3c12d2a8.pr_1', ['TestA'], []));
    assert.deepEqual(go.restored, ['*_test.go']);
  });
});

function outcomeOf({ outcomes }: OfficialReading, id: string): string {
  return outcomes[id] ?? 'missing';
}
