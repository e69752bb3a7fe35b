import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { OfficialEnd } from '../../../src/ports/official.ts';
import { benchInstance, evalScriptOf, logOf, realOfficial, smithInstance } from '../../support/official.ts';
import { LOGS } from './logs.ts';

const ONE = 'tests/test_a.py::test_one';
const TWO = 'tests/test_a.py::test_two';

describe("SWE-bench's parsers, its report and our stricter reading of one log", () => {
  const official = realOfficial({ after });

  /** The report of the instance, and the rest. */
  async function read(
    lists: readonly [string[], string[]],
    log: string,
    options: { readonly parser?: string; readonly ended?: OfficialEnd } = {},
  ) {
    const { parser = 'parse_log_pytest', ended = 'ran' } = options;
    const { verdict, ...rest } = await official.read(benchInstance(...lists, parser), { log, ended });
    const report = verdict.report['toy__toy-1'] as Record<string, unknown>;
    assert.equal(report['resolved'], verdict.resolved);
    return { ...rest, resolved: verdict.resolved, report };
  }

  for (const { parser, output, passed, failed, skipped } of LOGS) {
    test(parser, async () => {
      const failToPass = [...passed, ...failed, ...skipped];
      const found = await read([failToPass, ['nobody ran this']], logOf(output, 1), { parser });
      const outcomes = [
        ...passed.map((id) => [id, 'passed']),
        ...failed.map((id) => [id, 'failed']),
        ...skipped.map((id) => [id, 'skipped']),
      ];
      assert.deepEqual(found.outcomes, Object.fromEntries(outcomes) as unknown);
      // Officially an expected failure is a pass, a skipped FAIL_TO_PASS test a failure.
      const known = skipped.filter((id) => id.endsWith('test_known'));
      assert.deepEqual(found.report['tests_status'], {
        FAIL_TO_PASS: {
          success: [...passed, ...known],
          failure: [...failed, ...skipped.filter((id) => !known.includes(id))],
        },
        PASS_TO_PASS: { success: [], failure: ['nobody ran this'] },
        FAIL_TO_FAIL: { success: [], failure: [] },
        PASS_TO_FAIL: { success: [], failure: [] },
      });
      assert.deepEqual([found.resolved, found.ended, found.imitations], [false, true, []]);
      const sound = await read([[...passed], []], logOf(output, 1), { parser });
      assert.equal(sound.resolved, true);
    });
  }

  test('a printed PASSED after the FAILED of the runner: officially a pass, by us a failure that is told', async () => {
    const log = logOf(`FAILED ${ONE} - assert\nPASSED ${TWO}\nFAILED other.py::x\nPASSED ${ONE}`, 1);
    const found = await read([[ONE], [TWO]], log);
    assert.equal(found.resolved, true);
    assert.deepEqual(found.outcomes, { [ONE]: 'failed', [TWO]: 'passed' });
    assert.deepEqual(found.imitations, [`it has passed and it has failed: ${ONE}`]);
  });

  test('a test that passes and fails at its end has failed, honestly; so have two of one cut id', async () => {
    const errs = await read([[ONE], []], logOf(`PASSED ${ONE}\nERROR ${ONE} - teardown`, 1));
    assert.deepEqual([errs.outcomes[ONE], errs.imitations], ['failed', []]);
    const cut = `${ONE}[a`;
    const two = await read(
      [[cut], []],
      logOf(`FAILED ${cut} c] - no\nPASSED ${cut} b]\nFAILED other.py::x`, 1),
    );
    assert.deepEqual([two.outcomes[cut], two.imitations, two.resolved], ['failed', [], true]);
  });

  test('two crates may each have a test of one name: one that fails is no imitation', async () => {
    const name = 'tests::parses';
    const log = logOf(`test ${name} ... ok\ntest ${name} ... FAILED`, 1);
    const found = await read([[name], []], log, { parser: 'parse_log_cargo' });
    assert.deepEqual([found.outcomes, found.imitations], [{ [name]: 'failed' }, []]);
  });

  test('markers that the script did not print leave no outcome', async () => {
    const forged = `PASSED ${ONE}\n+ : '>>>>> End Test Output'\nFAILED ${ONE} - assert`;
    const found = await read([[ONE], []], logOf(forged, 0));
    assert.equal(found.resolved, true);
    assert.deepEqual(found.outcomes, {});
    assert.deepEqual(found.imitations, ["'>>>>> End Test Output' is printed 2 times, not 1"]);
  });

  test('a status that says failure where no test failed, and lines outside of the markers', async () => {
    const lying = await read([[ONE], []], logOf(`PASSED ${ONE}`, 1));
    assert.deepEqual([lying.resolved, lying.outcomes, lying.ended], [false, {}, true]);
    assert.equal(lying.report['patch_successfully_applied'], false);
    const outside = await read([[ONE], []], `PASSED ${ONE}\n${logOf('nothing to see')}`);
    assert.deepEqual([outside.resolved, outside.outcomes], [true, {}]);
  });

  test('a script that was killed before its second marker has not ended', async () => {
    const found = await read([[ONE], []], logOf(`PASSED ${ONE}`).split("+ : '>>>>> End")[0] ?? '');
    assert.deepEqual([found.resolved, found.ended, found.outcomes], [false, false, {}]);
  });

  test('ends that are not read: no patch, a patch that does not apply, the time limit', async () => {
    const log = logOf(`PASSED ${ONE}`);
    const reports = await Promise.all(
      (['no_patch', 'patch_refused', 'timed_out'] as const).map(async (ended) => {
        const { report, outcomes } = await read([[ONE], []], log, { ended });
        assert.deepEqual([report['resolved'], outcomes], [false, {}]);
        return [report['patch_is_None'], report['patch_exists'], report['infra_failure_reason']];
      }),
    );
    assert.deepEqual(reports, [
      [true, false, undefined],
      [false, true, undefined],
      [false, true, 'tests_timed_out'],
    ]);
    const smith = smithInstance('pydantic__pydantic.acb0f10f.pr_1', [ONE], []);
    const late = await official.read(smith, { log: '', ended: 'timed_out' });
    assert.deepEqual(late.verdict, { resolved: false, report: { timed_out: true, timeout: 90 } });
  });

  test('the script records the exit status of the tests, like the harness does', async () => {
    const row = benchInstance([ONE], [], 'parse_log_pytest');
    const { script, applyCommands, timeoutMs, cleanCommand } = await official.script(row);
    const plain = evalScriptOf(['run the tests']).split('\n');
    const expected = [
      ...plain.slice(0, 4),
      'SWEBENCH_TEST_EXIT_CODE=$?',
      ": '>>>>> End Test Output'",
      'echo ">>>>> Test Exit Code: $SWEBENCH_TEST_EXIT_CODE"',
      '',
    ];
    assert.equal(script, expected.join('\n'));
    assert.equal(applyCommands.length, 4);
    assert.deepEqual([timeoutMs, cleanCommand], [1_800_000, 'git checkout -- . ; git clean -fd']);
  });

  test('a record that the harness does not know is the record’s fault', async () => {
    const wrong = benchInstance([ONE], [], 'parse_log_fortran');
    await assert.rejects(official.script(wrong), {
      type: 'Instance.Invalid',
      message: "toy__toy-1: log_parser is 'parse_log_fortran', which SWE-bench does not have",
    });
    const strange = smithInstance('who__what.00000000.pr_1', [ONE], []);
    await assert.rejects(official.read(strange, { log: '', ended: 'ran' }), {
      type: 'Instance.Invalid',
      message: /repo is 'swesmith\/who__what\.00000000', of which SWE-smith has no profile/,
    });
    await assert.rejects(official.script({ ...wrong, official: null }), { type: 'Instance.Invalid' });
  });
});
