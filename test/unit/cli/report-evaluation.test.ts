import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evaluation } from '../../../src/cli/evaluation.ts';
import { createOutput, type Output } from '../../../src/cli/output.ts';
import { reportComparison, reportEvaluation } from '../../../src/cli/report-evaluation.ts';

/** An evaluation in which so many of four rollouts of each instance resolved it. */
function evaluation(run: string, resolved: readonly number[]): Evaluation {
  return {
    run,
    model: 'm',
    seed: 7,
    tallies: resolved.map((count, i) => ({
      instanceId: `i-${i}`,
      rollouts: 4,
      resolved: count,
      rewardSum: count,
    })),
    unscored: 0,
    failed: 0,
    lastFailure: null,
    usage: { promptTokens: 2_000_000, completionTokens: 100_000 },
    callsWithoutUsage: 0,
    refused: {},
    predictions: [],
  };
}

/** What people read, and the records of a program. */
function told(report: (output: Output, json: boolean) => void) {
  const [records, lines]: [string[], string[]] = [[], []];
  const stdout = { write: (text: string) => records.push(text) };
  const stderr = { write: (text: string) => lines.push(text) };
  report(createOutput({ json: true, stdout, stderr }), true);
  const [record] = records.map((text) => JSON.parse(text) as Record<string, unknown>);
  return { text: lines.join(''), record };
}

test('a comparison is of the later run against the earlier one', () => {
  const [first, second] = [evaluation('first', [0, 2, 4]), evaluation('second', [2, 4, 3])];
  const { text, record } = told((output, json) => reportComparison(first, second, output, json));
  assert.match(
    text,
    /^resolved, against first: \+0\.250 \(95%: -0\.\d{3} to \+0\.\d{3}\), p = 0\.50; better on 2, worse on 1 of 3 /,
  );
  const { type, run, against, value, p_value: pValue, instances } = record ?? {};
  assert.deepEqual(
    [type, run, against, value, pValue, instances],
    ['comparison', 'second', 'first', 0.25, 0.5, 3],
  );
  assert.deepEqual([record?.['better'], record?.['worse']], [2, 1]);
  const back = told((output, json) => reportComparison(second, first, output, json));
  assert.match(back.text, /^resolved, against second: -0\.250 .*better on 1, worse on 2 of 3 /);
});

test('runs that share no instance are not compared', () => {
  const { text, record } = told((output, json) =>
    reportComparison(evaluation('first', []), evaluation('second', [4]), output, json),
  );
  assert.match(text, /^first and second share no scored instance/);
  assert.equal(record, undefined);
});

test('an evaluation says what is in none of its numbers, and what it cost where that is known', () => {
  const whole = evaluation('second', [2, 4, 3]);
  const prices = { prompt: 1, completion: 10 };
  const paid = told((output, json) => reportEvaluation(whole, prices, output, json));
  assert.match(paid.text, /second: m, 12 rollouts scored on 3 instances\n +estimate/);
  assert.match(paid.text, /tokens of the scored rollouts: 2000000 read, 100000 written; cost: \$3\.00\n$/);
  assert.equal(paid.record?.['cost_usd'], 3);
  const lacking = {
    ...whole,
    failed: 5,
    lastFailure: 'Sandbox.Failed: gone',
    unscored: 1,
    callsWithoutUsage: 2,
  };
  const { text, record } = told((output, json) => reportEvaluation(lacking, prices, output, json));
  assert.match(
    text,
    /\n5 attempts failed, which is in no number below; the last of them: Sandbox\.Failed: gone\n1 instances have no scored rollout/,
  );
  assert.match(text, /100000 written and those of 2 calls that came without usage\n$/);
  assert.deepEqual([record?.['failed'], record?.['unscored'], record?.['cost_usd']], [5, 1, null]);
});
