import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporalProgram } from '../../support/temporal.ts';
import { CliWorld } from './cli-world.ts';

describe('steadfast nightly', () => {
  let world: CliWorld;
  before(async () => {
    world = await CliWorld.start();
  });
  after(async () => await world.stop());

  const create = (...more: string[]) =>
    world.steadfast(['nightly', 'create', '--model', 'm', '--data', world.data, ...more]);

  it('makes a schedule, prints the equal command, lists and deletes it', async () => {
    const made = await create('--name', 'n1', '--cron', '0 3 * * *', '--time-zone', 'Europe/Berlin');
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^created n1; next run: 20/);
    const command = made.stdout.slice(made.stdout.indexOf('temporal schedule create'));
    const twice = await create('--name', 'n1');
    assert.deepEqual([twice.code, /there is a schedule n1 already/.test(twice.stderr)], [1, true]);
    assert.match((await world.steadfast(['nightly', 'list'])).stdout, /^n1 +20\d\d-/m);
    const first = await world.env.client.schedule.getHandle('n1').describe();
    assert.match((await world.steadfast(['nightly', 'delete', 'n1'])).stdout, /deleted n1/);
    assert.match((await world.steadfast(['nightly', 'delete', 'n1'])).stderr, /there is no schedule "n1"/);
    execFileSync('sh', ['-c', command], {
      env: {
        PATH: `${dirname(temporalProgram())}:${process.env['PATH']}`,
        HOME: world.home,
        TEMPORAL_ADDRESS: world.env.address,
      },
    });
    const second = await world.env.client.schedule.getHandle('n1').describe();
    assert.deepEqual({ ...second.spec, jitter: 0 }, { ...first.spec, jitter: 0 });
    assert.deepEqual(second.policies, first.policies);
    for (const field of ['type', 'workflowType', 'workflowId', 'taskQueue', 'args'] as const) {
      assert.deepEqual(second.action[field], first.action[field]);
    }
    await world.env.client.schedule.getHandle('n1').delete();
  });

  it('starts a run that ends, and skips a firing while one goes on', async () => {
    const gate = Promise.withResolvers<void>();
    await world.withStubs({ checkModel: () => gate.promise }, async () => {
      assert.equal((await create('--name', 'n2', '--num-instances', '1')).code, 0);
      const schedule = world.env.client.schedule.getHandle('n2');
      await schedule.trigger('SKIP');
      const running = async () => (await schedule.describe()).info.runningActions;
      while ((await running()).length === 0) await sleep(100);
      await schedule.trigger('SKIP');
      while ((await schedule.describe()).info.numActionsSkippedOverlap === 0) await sleep(100);
      gate.resolve();
      while ((await running()).length > 0) await sleep(100);
      const { stdout } = await world.steadfast(['ls']);
      const run = /^(n2-\S+) +completed/m.exec(stdout)?.[1] ?? '';
      assert.match(run, /^n2-20\d\d-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
      assert.match((await world.steadfast(['status', run])).stdout, /completed, [^]*4 rollouts/);
      assert.match((await world.steadfast(['nightly', 'list'])).stdout, /^n2 .* 1 +1$/m);
      await schedule.delete();
    });
  });

  const bad: [string[], RegExp][] = [
    [['--run', 'x'], /unknown option --run/],
    [['--time-zone', 'Mars'], /the time zone "Mars" is unknown/],
    [['--cron', 'often'], /the schedule was refused, with the cron line "often": /],
    [['--epochs', '0'], /epochs is 0; expected/],
  ];
  for (const [options, expected] of bad) {
    it(`refuses ${options.join(' ')}`, async () => {
      const { code, stderr } = await create('--name', 'bad', ...options);
      assert.notEqual(code, 0);
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }
});
