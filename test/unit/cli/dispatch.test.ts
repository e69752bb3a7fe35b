import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

function steadfast(...rawArgs: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...rawArgs], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}

describe('steadfast', () => {
  it('lists its commands, and exits with 0', () => {
    for (const rawArgs of [[], ['--help']]) {
      const { status, stdout } = steadfast(...rawArgs);
      assert.equal(status, 0);
      for (const command of ['start', 'run', 'try', 'nightly', 'doctor', 'schema'])
        assert.match(stdout, new RegExp(command));
    }
  });

  it('shows every default in the help of run', () => {
    const { status, stdout } = steadfast('run', '--help');
    assert.equal(status, 0);
    const shown = (option: string) => stdout.split('\n').find((line) => line.includes(`--${option}`)) ?? '';
    const defaults: [string, string][] = [
      ['rollouts-per-instance', '4'],
      ['batch-size', '4'],
      ['epochs', '1'],
      ['learning-rate', '0.00005'],
      ['max-steps', '30'],
      ['max-tokens', '4096'],
      ['temperature', '0 in inference mode, 1 in train mode'],
      ['reward-power', '1 in inference mode, 1.33 in train mode'],
      ['concurrency', 'from the machine'],
      ['sandbox', 'auto'],
    ];
    for (const [option, value] of defaults)
      assert.ok(shown(option).includes(`(default: ${value})`), shown(option));
    for (const option of ['no-quality-filter', 'no-require-non-zero-tests', 'json', 'detach', 'config']) {
      assert.notEqual(shown(option), '', option);
    }
  });

  it('prints a JSON Schema', () => {
    const { status, stdout } = steadfast('schema');
    assert.equal(status, 0);
    assert.equal((JSON.parse(stdout) as { type: string }).type, 'object');
  });

  const usage: [string[], RegExp][] = [
    [['rnu'], /unknown command "rnu"; did you mean run\?/],
    [['run', '--modle', 'x'], /did you mean --model\?/],
    [['run', '--model', 'x'], /--data is missing/],
    [['run', '--attach', 'x', '--model', 'y'], /--model has no meaning beside --attach/],
    [['nightly', 'creat'], /did you mean create\?/],
    [['status'], /RUN/],
    [['worker', '--roles', 'sandbx'], /did you mean sandbox\?/],
    [
      ['worker', '--roles', 'sandbox,records', '--build-id', 'x'],
      /--build-id has no meaning without the role workflows/,
    ],
    [['--bogus'], /unknown option --bogus/],
  ];
  for (const [rawArgs, expected] of usage) {
    it(`exits with 2 for ${rawArgs.join(' ')}`, () => {
      const { status, stdout, stderr } = steadfast(...rawArgs);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }

  it('exits with 1 and one message for a config that is wrong', () => {
    const { status, stderr } = steadfast(
      'run',
      '--model',
      'x',
      '--data',
      '/none',
      '--epochs',
      'x',
      '--loss',
      'y',
    );
    assert.equal(status, 1);
    assert.match(stderr, /2 problems:\n {2}- epochs is "x".*\n {2}- loss is "y"/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  it('exits with 1 for data that is not there', () => {
    const { status, stderr } = steadfast('run', '--model', 'x', '--data', '/none.jsonl');
    assert.equal(status, 1);
    assert.match(stderr, /the data file \/none.jsonl cannot be read: there is no such file/);
  });
});
