import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { CliWorld } from './cli-world.ts';

describe('steadfast run, against a server with stub workers', () => {
  let world: CliWorld;
  before(async () => {
    world = await CliWorld.start();
  });
  after(async () => await world.stop());

  it('prints a line for each rollout and one for the run', async () => {
    await world.withStubs({}, async () => {
      const { code, stdout, stderr } = await world.steadfast([
        'run',
        '--model',
        'm',
        '--data',
        world.data,
        '--run',
        'lines',
        '--json',
        '--num-instances',
        '3',
        '--rollouts-per-instance',
        '2',
        '--api-base',
        'http://127.0.0.1:1/v1',
      ]);
      assert.equal(code, 0, stderr);
      const records = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const trajectories = records.slice(0, -1);
      assert.equal(trajectories.length, 6);
      for (const one of trajectories) {
        assert.deepEqual(Object.keys(one), [
          'type',
          'run',
          'instance_id',
          'rollout',
          'reward',
          'baseline_reward',
          'resolved',
          'mask',
          'findings',
          'stop_reason',
          'policy_version',
          'metrics',
        ]);
        assert.deepEqual([one['type'], one['run'], one['reward']], ['trajectory', 'lines', 0.2]);
      }
      assert.equal(new Set(trajectories.map((one) => one['rollout'])).size, 6);
      assert.deepEqual(records.at(-1), {
        type: 'run',
        run: 'lines',
        mode: 'inference',
        rollouts: 6,
        failed: 0,
        reward_mean: 0.2,
        baseline_mean: null,
        resolved_mean: 0,
        steps: 0,
        masked: {},
        findings: {},
      });
      assert.match(stderr, /quality filter: checked 3, kept 3/);
      const again = await world.steadfast(['run', '--model', 'm', '--data', world.data, '--run', 'lines']);
      assert.equal(again.code, 1);
      assert.match(again.stderr, /a run "lines" exists already/);
    });
  });

  it('trains by a config file, and ends with a table and a plot', async () => {
    const config = join(world.home, 'train.json');
    writeFileSync(
      config,
      JSON.stringify({
        mode: 'train',
        model: 'policy-name',
        data: 'data.jsonl',
        quality_filter: false,
        batch_size: 3,
        evaluation: { sets: [{ name: 'held-out', data: 'data.jsonl' }], rollouts_per_instance: 1 },
      }),
    );
    await world.withStubs({}, async () => {
      const { code, stdout, stderr } = await world.steadfast([
        'run',
        '--config',
        config,
        '--rollouts-per-instance',
        '2',
        '--run',
        'trained',
      ]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /held-out +6 +– +0\.200 +0% +6 +0\.200 +0% +6 +\+0\.000/);
      assert.match(stdout, /reward by step/);
      assert.match(stdout, /trained: 12 rollouts, 2 steps, mean reward 0\.200/);
      const svg = join(world.store, 'runs/trained/reward.svg');
      assert.ok(stdout.includes(svg), stdout);
      assert.match(readFileSync(svg, 'utf8'), /<svg /);
      assert.match(
        (await world.steadfast(['status', 'trained'])).stdout,
        /^trained: completed, [^]*held-out/,
      );
    });
  });

  it('says why a run failed, without a stack trace', async () => {
    await world.withStubs({ checkModel: unreachable }, async () => {
      const { code, stderr } = await world.steadfast([
        'run',
        '--model',
        'm',
        '--data',
        world.data,
        '--run',
        'dead',
      ]);
      assert.equal(code, 1);
      assert.match(stderr, /^steadfast run: run dead failed: no answer from http:\/\/127.0.0.1:1\/v1/m);
      assert.doesNotMatch(stderr, /\n\s+at /);
      assert.match((await world.steadfast(['status', 'dead'])).stdout, /dead: failed, [^]*no answer from/);
    });
  });

  it('refuses a bad config by the workflow as by the command line', async () => {
    await world.withStubs({}, async () => {
      const handle = await world.env.client.workflow.start('train', {
        workflowId: 'bad',
        taskQueue: 'steadfast',
        args: [{ model: 'm', data: '/d', epoch: 3 }],
      });
      await assert.rejects(handle.result());
      const { stdout } = await world.steadfast(['status', 'bad']);
      assert.match(stdout, /epoch is 3, but there is no field epoch; did you mean epochs\?/);
    });
  });

  it('detaches by Ctrl-C, is found, attached to and cancelled', async () => {
    const gate = Promise.withResolvers<void>();
    await world.withStubs({ checkModel: () => gate.promise }, async () => {
      const following = world.spawn(['run', '--model', 'm', '--data', world.data, '--run', 'held']);
      await following.until(/run held/);
      following.interrupt();
      const { code, stdout } = await following.ended;
      assert.equal(code, 130);
      assert.match(stdout, /run held goes on. Come back with: steadfast run --attach held {2}or/);
      assert.match((await world.steadfast(['ls'])).stdout, /^RUN +STATUS[^]*^held +running/m);
      assert.match((await world.steadfast(['status', 'held'])).stdout, /^held: running[^]*preparing/);
      assert.match((await world.steadfast(['status', 'hled'])).stderr, /did you mean held\?/);
      const attached = world.spawn(['run', '--attach', 'held']);
      await sleep(1500);
      assert.match((await world.steadfast(['cancel', 'held'])).stdout, /held is asked to end/);
      gate.resolve();
      const end = await attached.ended;
      assert.equal(end.code, 1);
      assert.match(end.stderr, /^steadfast run: run held was cancelled$/m);
      assert.match((await world.steadfast(['ls'])).stdout, /^held +cancelled/m);
      const twice = await world.steadfast(['cancel', 'held']);
      assert.deepEqual([twice.code, /is over already: cancelled/.test(twice.stderr)], [1, true]);
    });
  });

  it('returns at once with --detach', async () => {
    await world.withStubs({}, async () => {
      const { code, stdout } = await world.steadfast([
        'run',
        '--model',
        'm',
        '--data',
        world.data,
        '--run',
        'apart',
        '--detach',
      ]);
      assert.equal(code, 0);
      assert.match(stdout, /follow it with: steadfast run --attach apart/);
      const attached = await world.steadfast(['run', '--attach', 'apart', '--json']);
      assert.equal(attached.stdout.trim().split('\n').length, 25);
    });
  });
});

describe('steadfast without a server', () => {
  it('says that none answers', async () => {
    const { code, stderr } = await CliWorld.bare(['ls'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    assert.equal(code, 1);
    assert.match(stderr, /no Temporal server answers at 127.0.0.1:1; check TEMPORAL_ADDRESS/);
  });
});

async function unreachable(): Promise<void> {
  throw ApplicationFailure.nonRetryable(
    'no answer from http://127.0.0.1:1/v1; is it up?',
    'Model.Unreachable',
  );
}
