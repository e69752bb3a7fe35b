import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Latch } from '../../support/latch.ts';
import { StubRun } from '../../support/stub-run.ts';
import { CliWorld } from './cli-world.ts';

describe('steadfast eval', () => {
  let world: CliWorld;
  before(async () => {
    world = await CliWorld.start();
  });
  after(async () => await world.stop());

  const options = (...more: string[]) => [
    'eval',
    '--model',
    'm',
    '--data',
    world.data,
    '--api-base',
    'http://127.0.0.1:1/v1',
    ...more,
  ];

  it('runs, estimates and compares', async () => {
    await world.withStubs({}, async () => {
      const made = await world.steadfast(
        options('--name', 'first', '--rollouts-per-instance', '2', '--num-instances', '3', '--json'),
      );
      assert.equal(made.code, 0, made.stderr);
      const record = last(made.stdout);
      assert.deepEqual([record['type'], record['instances'], record['rollouts']], ['evaluation', 3, 6]);
      const { 'pass@1': resolved, reward } = record['estimates'] as Record<string, Record<string, number>>;
      assert.deepEqual([resolved?.['value'], resolved?.['low'], reward?.['value']], [0, 0, 0.2]);

      const alone = await world.steadfast(options('--name', 'second', '--rollouts-per-instance', '1'));
      assert.match(alone.stdout, /6 rollouts scored on 6 instances/);

      const twice = await world.steadfast(options('--name', 'second'));
      assert.match(
        twice.stderr,
        /"second" exists already: steadfast eval second tells of it, and goes on where it has not ended/,
      );

      const compared = await world.steadfast([
        'eval',
        'second',
        '--against',
        'first',
        '--price-prompt',
        '1',
        '--price-completion',
        '0',
      ]);
      assert.equal(compared.code, 0, compared.stderr);
      assert.match(compared.stdout, /cost: \$0\.00/);
      assert.match(
        compared.stdout,
        /against first: \+0\.000 .*p = 1\.0; better on 0, worse on 0 of 3 instances/,
      );
    });
  });

  it('goes on where it was interrupted, and makes not one rollout more', async () => {
    const latch = new Latch();
    const stub = new StubRun();
    const grade = async ({ rollout }: { readonly rollout: string }) => {
      stub.calls.push({ name: 'grade', input: rollout });
      await latch.wait();
      return { grading: 'c'.repeat(64), reward: 0.2, resolved: false };
    };
    await world.withStubs({ grade }, async () => {
      const began = world.spawn(options('--name', 'broken', '--rollouts-per-instance', '4'));
      while (latch.arrived === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      began.interrupt();
      const { stdout } = await began.ended;
      assert.match(stdout, /Come back with: steadfast eval broken/);
      latch.open();
      const ended = await world.steadfast(['eval', 'broken', '--json']);
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual([last(ended.stdout)['rollouts'], stub.calls.length], [24, 24]);
    });
  });

  it('refuses what makes no sense before anything begins', async () => {
    const cases: [string[], RegExp][] = [
      [['eval', 'some-run', '--model', 'm'], /no meaning beside the run some-run/],
      [options('--price-prompt', '1'), /--price-prompt and --price-completion go together/],
      [options('--price-prompt', 'cheap'), /--price-prompt is "cheap"; expected a number of at least 0/],
      [options('--against', 'nowhere'), /no files of a run "nowhere"/],
      [['eval', '--model', 'm'], /--data is missing/],
      [options('--learning-rate', '1'), /unknown option --learning-rate/],
    ];
    for (const [rawArgs, message] of cases) {
      const { code, stderr } = await world.steadfast(rawArgs);
      assert.ok(code !== 0);
      assert.match(stderr, message);
    }
  });
});

function last(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
