import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { parseVerifyConfig, verifyConfigJsonSchema } from '../../../src/schemas/verify-config.ts';

test('a verification needs no more than a run', () => {
  assert.deepEqual(parseVerifyConfig({ run: 'r' }, 3), {
    run: 'r',
    share: 1,
    seed: 0,
    sandbox: null,
    concurrency: 3,
  });
  assert.equal(parseVerifyConfig({ run: 'r', concurrency: 1, sandbox: 'docker' }, 3).concurrency, 1);
});

test('how many trajectories are graded at once is said to depend on the machine', () => {
  const { properties } = verifyConfigJsonSchema() as { properties: { concurrency: { description: string } } };
  assert.match(properties.concurrency.description, /\(default: from the machine, at most 24\)$/);
});

test('every bad field of a verification is named, with its value and what was expected', () => {
  assert.throws(
    () => parseVerifyConfig({ share: 2, shar: 1, concurrency: 0, sandbox: 'vm' }, 1),
    (error) => {
      assert.ok(error instanceof SteadfastError);
      assert.equal(error.type, 'Config.Invalid');
      for (const part of [
        /run is missing|run is undefined/,
        /share is 2/,
        /shar is 1.*did you mean share/,
        /concurrency is 0/,
        /sandbox is "vm"/,
      ])
        assert.match(error.message, part);
      return true;
    },
  );
  assert.throws(() => parseVerifyConfig({ run: 'r', share: 0 }, 1), /share is 0; expected a number above 0/);
  assert.throws(() => parseVerifyConfig('r', 1), /expected a JSON object with run, share, seed/);
});
