import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Trajectory } from '../../../src/domain/trajectory.ts';
import { linesOf, PlatformWorld } from '../../support/platform-world.ts';
import { startScriptedEndpoint } from '../../support/scripted-endpoint.ts';
import { readScriptedInstances } from '../../support/scripted-policy.ts';
import { ODDITIES } from './oddities.ts';

const DATA = fileURLToPath(new URL('../../../examples/train.jsonl', import.meta.url));
const POLICY = fileURLToPath(new URL('../../../examples/policy', import.meta.url));
const ROLLOUTS = 2;

suite('endpoints as they are in the wild', { timeout: 900_000 }, () => {
  let world: PlatformWorld;
  before(async () => {
    // Whoever has an endpoint needs no policy server.
    world = await PlatformWorld.start({ withoutPolicyServer: true });
  });
  after(async () => await world.stop());

  for (const [index, oddity] of ODDITIES.entries()) {
    test(oddity.name, async () => {
      const instances = readScriptedInstances(DATA);
      const endpoint = await startScriptedEndpoint({
        script: 'gold',
        turns: 2,
        instances,
        ...oddity.endpoint,
      });
      const run = runOf(index);
      try {
        const command = ['run', '--mode', 'inference', '--model', 'scripted', '--api-base', endpoint.url];
        const size = ['--num-instances', '1', '--rollouts-per-instance', String(ROLLOUTS)];
        const how = ['--sandbox', 'bubblewrap', '--flake-chance', '0.5', '--run', run, '--json'];
        const ended = await world.steadfast([
          ...command,
          '--data',
          DATA,
          ...size,
          ...how,
          ...(oddity.options ?? []),
        ]);
        assert.equal(linesOf(ended).filter(({ type }) => type === 'trajectory').length, ROLLOUTS);
        assertTold(ended.stderr, trajectoriesOf(run));
      } finally {
        await endpoint.close();
      }
      const { stopReason = 'done', reward = 1, mask = null, check } = oddity;
      for (const trajectory of trajectoriesOf(run)) {
        assert.equal(trajectory.failure, null);
        assert.deepEqual(
          [trajectory.stopReason, trajectory.reward, trajectory.mask],
          [stopReason, reward, mask],
        );
        check?.(trajectory, endpoint.requests);
      }
    });
  }

  test('a cost is not made up where the endpoint told no usage', async () => {
    const prices = ['--price-prompt', '1', '--price-completion', '1'];
    const costOf = async (name: string) => {
      const run = runOf(ODDITIES.findIndex((oddity) => oddity.name === name));
      return (await world.steadfast(['eval', run, ...prices])).stdout;
    };
    const untold = await costOf('no usage');
    assert.match(
      untold,
      /tokens of the scored rollouts: 0 read, 0 written and those of 6 calls that came without usage\n/,
    );
    assert.match(
      await costOf('calls in parallel'),
      /tokens of the scored rollouts: \d+ read, \d+ written; cost: \$\d/,
    );
  });

  test('what would wait for a policy server is refused', async () => {
    const { code, stderr } = await world.steadfast([
      'run',
      '--mode',
      'train',
      '--model',
      POLICY,
      '--data',
      DATA,
    ]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^steadfast run: the policy server .* the platform came up without one: node .*setup\.mjs/m,
    );
  });

  function trajectoriesOf(run: string): readonly Trajectory[] {
    const folder = join(world.store, 'runs', run, 'trajectories');
    const files = readdirSync(folder);
    return files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Trajectory);
  }
});

function runOf(index: number): string {
  return `odd-${index}`;
}

/** What cannot be trained on is said once, and only then. */
function assertTold(said: string, trajectories: readonly Trajectory[]): void {
  const times = said.split('for inference only').length - 1;
  assert.equal(times, trajectories.some(({ trainable }) => trainable) ? 0 : 1, said);
}
