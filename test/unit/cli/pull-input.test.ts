import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArgs } from 'citty';
import { pullInput, pullOptions, selectionOf, selectionOptions } from '../../../src/cli/pull-input.ts';

const pulled = (...rawArgs: string[]) => pullInput(parseArgs(rawArgs, pullOptions()));
const chosen = (...rawArgs: string[]) => selectionOf(parseArgs(rawArgs, selectionOptions()));

describe('the input of images pull', () => {
  it('has no rate by either word for nothing', () => {
    for (const text of ['none', 'null'])
      assert.deepEqual(pulled('--data', 'd', '--rate', text), { data: 'd', rate: null });
    assert.match(pullOptions()['rate']?.description ?? '', /; none \(null in JSON\) for no limit/);
    assert.throws(() => pulled('--data', 'd', '--rate', 'no'), /rate is "no"; expected an integer/);
  });

  it('has a seed as a run has', () => {
    assert.deepEqual(pulled('--data', 'd', '--seed', '2147483647'), { data: 'd', seed: 2_147_483_647 });
    assert.throws(() => pulled('--data', 'd', '--seed', '2147483648'), /expected an integer from 0 to/);
  });
});

describe('what images ls looks for', () => {
  it('is what a pull by the same options is of', () => {
    const options = ['--data', 'd', '--split', 's', '--revision', 'r', '--where', 'w', '--sample', '3'];
    assert.deepEqual(chosen(...options, '--seed', '7')?.selection, {
      split: 's',
      revision: 'r',
      where: 'w',
      sample: 3,
    });
    assert.equal(chosen(...options, '--seed', '7')?.seed, 7);
    assert.equal(chosen(), null);
    assert.deepEqual(Object.keys(selectionOptions()), [
      'data',
      'split',
      'revision',
      'where',
      'sample',
      'seed',
    ]);
  });

  for (const [option, value] of Object.entries({
    split: 's',
    revision: 'r',
    where: 'w',
    sample: '3',
    seed: '1',
  })) {
    it(`takes no --${option} without data`, () => {
      assert.throws(() => chosen(`--${option}`, value), {
        name: 'UsageError',
        message: `--${option} has no meaning without --data`,
      });
    });
  }
});
