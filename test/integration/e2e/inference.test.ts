import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { linesOf, PlatformWorld } from '../../support/platform-world.ts';
import { type ScriptedEndpoint, startScriptedEndpoint } from '../../support/scripted-endpoint.ts';
import { type Script, readScriptedInstances } from '../../support/scripted-policy.ts';

const DATA = fileURLToPath(new URL('../../../examples/train.jsonl', import.meta.url));
const INSTANCES = 4;
const ROLLOUTS = 2;

suite('inference on the embedded platform', { timeout: 900_000 }, () => {
  let world: PlatformWorld;
  const endpoints: ScriptedEndpoint[] = [];

  before(async () => {
    world = await PlatformWorld.start();
  });
  after(async () => {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await world.stop();
  });

  async function endpointOf(script: Script, delayMs = 0): Promise<ScriptedEndpoint> {
    const endpoint = await startScriptedEndpoint({ script, instances: readScriptedInstances(DATA), delayMs });
    endpoints.push(endpoint);
    return endpoint;
  }

  async function rewardsOf(
    endpoint: ScriptedEndpoint,
    sandbox = 'bubblewrap',
    more: readonly string[] = [],
  ): Promise<readonly (number | null)[]> {
    const lines = linesOf(
      await world.steadfast(['run', ...options(endpoint), '--sandbox', sandbox, '--json', ...more]),
    );
    const trajectories = lines.filter((line) => line.type === 'trajectory');
    assert.equal(lines.at(-1)?.type, 'run');
    assert.equal(trajectories.length, INSTANCES * ROLLOUTS);
    return trajectories.map((line) => line.reward);
  }

  for (const sandbox of ['bubblewrap', 'docker']) {
    test(`a policy that applies the gold fix earns 1 in ${sandbox}`, async () => {
      assert.deepEqual(new Set(await rewardsOf(await endpointOf('gold'), sandbox)), new Set([1]));
    });
  }

  test('a model without tool calls works by fenced blocks, and is told so where it is asked for calls', async () => {
    const instances = readScriptedInstances(DATA);
    const endpoint = await startScriptedEndpoint({ script: 'gold', instances, turns: 2, plainText: true });
    endpoints.push(endpoint);
    const rewards = await rewardsOf(endpoint, 'bubblewrap', ['--tool-protocol', 'text']);
    assert.deepEqual(new Set(rewards), new Set([1]));
    const refused = await world.steadfast([
      'try',
      '--data',
      DATA,
      '--model',
      'scripted',
      '--api-base',
      endpoint.url,
    ]);
    assert.match(
      refused.stdout + refused.stderr,
      /does not support tools \(--tool-protocol text is for models without/,
    );
  });

  test('a policy that does nothing earns exactly 0.2', async () => {
    assert.deepEqual(new Set(await rewardsOf(await endpointOf('nothing'))), new Set([0.2]));
  });

  test('a policy that breaks what worked earns less', async () => {
    for (const reward of await rewardsOf(await endpointOf('break'))) {
      assert.ok(reward !== null && reward < 0.2, String(reward));
    }
  });

  test('the plain temporal CLI starts the same run from the same fields', async () => {
    const endpoint = await endpointOf('gold');
    const input = join(world.home, 'run.json');
    const counts = { num_instances: INSTANCES, rollouts_per_instance: ROLLOUTS, flake_chance: 0.5 };
    const config = {
      mode: 'inference',
      data: DATA,
      model: 'scripted',
      api_base: endpoint.url,
      sandbox: 'bubblewrap',
      ...counts,
    };
    writeFileSync(input, JSON.stringify(config));
    const { totals } = await world.runByTemporal('by-temporal', input);
    const all = INSTANCES * ROLLOUTS;
    const { rollouts, failed, rewardSum, resolved, baselineSum } = totals;
    assert.deepEqual(
      { rollouts, failed, rewardSum, resolved },
      { rollouts: all, failed: 0, rewardSum: all, resolved: all },
    );
    assert.equal(baselineSum, all * 0.2);
  });

  for (const name of ['sandbox', 'model', 'records', 'workflows']) {
    test(`kill -9 of the ${name} worker in the middle changes nothing`, async () => {
      const endpoint = await endpointOf('gold', 1500);
      const running = rewardsOf(endpoint);
      const ended = new AbortController();
      const noted = running.finally(() => ended.abort());
      while (endpoint.requests.length < 2 && !ended.signal.aborted) await sleep(50);
      if (!ended.signal.aborted) await world.kill(name);
      assert.deepEqual(new Set(await noted), new Set([1]));
    });
  }

  test('an unreachable endpoint is named, and nothing is rolled out', async () => {
    const nowhere = [
      '--mode',
      'inference',
      '--data',
      DATA,
      '--model',
      'm',
      '--api-base',
      'http://127.0.0.1:9/v1',
    ];
    const { code, stdout, stderr } = await world.steadfast(['run', ...nowhere, '--json']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /cannot reach http:\/\/127\.0\.0\.1:9\/v1/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
});

function options(endpoint: ScriptedEndpoint): string[] {
  const counts = ['--num-instances', String(INSTANCES), '--rollouts-per-instance', String(ROLLOUTS)];
  // Two runs for each verdict: the instances are known to be sound.
  const filter = ['--flake-chance', '0.5'];
  return [
    '--mode',
    'inference',
    '--data',
    DATA,
    '--model',
    'scripted',
    '--api-base',
    endpoint.url,
    ...counts,
    ...filter,
  ];
}
