import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkNightly, scheduleOf, temporalCommand } from '../../../src/cli/nightly.ts';

const NIGHTLY = {
  name: 'nightly',
  cron: '0 2 * * *',
  timeZone: 'Europe/Berlin',
  input: { mode: 'train', model: "it's", data: '/d.jsonl' },
};

describe('a nightly schedule', () => {
  it('starts train, skips while one goes on, and makes up for little', () => {
    const { spec, policies, action } = scheduleOf(NIGHTLY);
    assert.deepEqual(spec, { cronExpressions: ['0 2 * * *'], timezone: 'Europe/Berlin' });
    assert.deepEqual(policies, { overlap: 'SKIP', catchupWindow: '10m' });
    assert.deepEqual(action.args, [NIGHTLY.input]);
  });

  it('is printed as a command that a shell reads back', () => {
    const command = temporalCommand(NIGHTLY);
    assert.match(
      command,
      /^temporal schedule create \\\n {2}--schedule-id nightly \\\n {2}--cron '0 2 \* \* \*'/,
    );
    assert.ok(command.includes(`'{"mode":"train","model":"it'\\''s","data":"/d.jsonl"}'`), command);
  });

  const bad: [object, RegExp][] = [
    [{ input: { run: 'x' } }, /must not name a run \(it names "x"\)/],
    [{ name: 'a/b' }, /the name "a\/b" cannot be used/],
    [{ timeZone: 'Mars/Base' }, /the time zone "Mars\/Base" is unknown/],
  ];
  for (const [change, expected] of bad) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      assert.throws(() => checkNightly({ ...NIGHTLY, ...change }), expected);
    });
  }
});
