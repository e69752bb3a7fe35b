import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArgsDef, parseArgs } from 'citty';
import { UsageError } from '../../../src/cli/errors.ts';
import { inputOfOptions, runOptions } from '../../../src/cli/run-options.ts';
import { checkOptions } from '../../../src/cli/strict-options.ts';

const inputOf = (...rawArgs: string[]) => inputOfOptions(parseArgs(rawArgs, runOptions()));

describe('the options of a run', () => {
  it('are the fields of the config, without what only a file can hold', () => {
    const names = Object.keys(runOptions());
    for (const name of ['mode', 'api-base', 'rollouts-per-instance', 'instance-prompt-template', 'run']) {
      assert.ok(names.includes(name), name);
    }
    assert.ok(!names.includes('evaluation'));
  });

  it('become fields only where they are given', () => {
    assert.deepEqual(inputOf(), {});
    assert.deepEqual(
      inputOf(
        '--model',
        'm',
        '--num-instances=10',
        '--learning-rate',
        '5e-4',
        '--no-quality-filter',
        '--shuffle',
      ),
      { model: 'm', num_instances: 10, learning_rate: 5e-4, quality_filter: false, shuffle: true },
    );
    assert.deepEqual(inputOf('--require-non-zero-tests'), { require_non_zero_tests: true });
    assert.deepEqual(inputOf('--no-require-non-zero-tests'), { require_non_zero_tests: false });
  });

  it('say nothing for null, in words or as JSON has it', () => {
    for (const text of ['none', 'null']) assert.deepEqual(inputOf('--sample', text), { sample: null });
    assert.deepEqual(inputOf('--api-base', 'none', '--start-from', 'null'), {
      api_base: null,
      start_from: null,
    });
    assert.deepEqual(inputOf('--split', 'none', '--epochs', 'none'), { split: 'none', epochs: 'none' });
  });

  it('may be empty, in either spelling', () => {
    assert.deepEqual(inputOf('--system-prompt='), { system_prompt: '' });
    assert.deepEqual(inputOf('--system-prompt', ''), { system_prompt: '' });
  });

  it('keep a text that is no number for the checks to name', () => {
    assert.deepEqual(inputOf('--epochs', 'four', '--seed='), { epochs: 'four', seed: '' });
  });
});

describe('checkOptions', () => {
  const args: ArgsDef = {
    run: { type: 'positional' },
    model: { type: 'string' },
    mode: { type: 'string' },
    'quality-filter': { type: 'boolean' },
  };
  const good = [
    ['a'],
    ['--model', 'x', 'a'],
    ['--model=--x'],
    ['--no-quality-filter'],
    ['--model', '-1'],
    ['--model='],
    ['--model', ''],
  ];
  for (const rawArgs of good) {
    it(`accepts ${rawArgs.join(' ')}`, () => checkOptions(rawArgs, args));
  }
  const bad: [string[], RegExp][] = [
    [['--modle', 'x'], /unknown option --modle; did you mean --model\?/],
    [['--no-qality-filter'], /unknown option --no-qality-filter; did you mean --no-quality-filter\?/],
    [['--no-model'], /unknown option --no-model/],
    [['-x'], /unknown option -x/],
    [['--model'], /--model needs a value/],
    [['--model', '--mode', 'x'], /--model needs a value/],
    [['--model', 'a', '--model', 'b'], /--model is given twice/],
    [['--quality-filter=false'], /--quality-filter takes no value/],
    [['a', 'b'], /unexpected argument "b"/],
    [['--run', 'a'], /unknown option --run/],
  ];
  for (const [rawArgs, expected] of bad) {
    it(`refuses ${rawArgs.join(' ')}`, () => {
      assert.throws(
        () => checkOptions(rawArgs, args),
        (error) => error instanceof UsageError && expected.test(error.message),
      );
    });
  }
});
