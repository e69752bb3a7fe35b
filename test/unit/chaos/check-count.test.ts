import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkCount } from '../../chaos/check-records.ts';
import { Findings } from '../../chaos/findings.ts';
import { countOf } from '../../support/scripted-policy.ts';

function found(k: number, said: string) {
  const findings = new Findings();
  checkCount('here', k, said, findings);
  const { lost, doubled, broken } = findings;
  return { lost, doubled, broken: broken.length };
}

suite('what a counting command says', () => {
  test('is exact when each effect happened once', () => {
    assert.equal(countOf(2), 'counted 2 2 2 2 /tmp/w/1/2');
    assert.deepEqual(found(2, `Exit code: 0\nOutput:\n${countOf(2)}\n`), { lost: 0, doubled: 0, broken: 0 });
  });

  test('tells of an effect that was lost, in any of the places', () => {
    for (const said of [
      'counted 1 2 2 2 /tmp/w/1/2',
      'counted 2 2 2 1 /tmp/w/1/2',
      'counted 2 2 2 2 /tmp/w/2',
    ]) {
      assert.deepEqual(found(2, said), { lost: 1, doubled: 0, broken: 1 }, said);
    }
  });

  test('tells of an effect that happened twice', () => {
    assert.deepEqual(found(2, 'counted 3 3 3 3 /tmp/w/1/2/2'), { lost: 0, doubled: 1, broken: 1 });
  });

  test('is broken when it is no count', () => {
    assert.deepEqual(found(2, 'bash: no such file'), { lost: 0, doubled: 0, broken: 1 });
  });
});
