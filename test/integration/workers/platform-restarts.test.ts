import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readLiveState } from '../../../src/local/platform-state.ts';
import { linesOf, PlatformWorld } from '../../support/platform-world.ts';
import { type ScriptedEndpoint, startScriptedEndpoint } from '../../support/scripted-endpoint.ts';
import { countOf, readScriptedInstances } from '../../support/scripted-policy.ts';

const DATA = fileURLToPath(new URL('../../../examples/train.jsonl', import.meta.url));
const WORKERS = ['workflows', 'records', 'sandbox', 'model', 'trainer'];
const TURNS = 6;

suite('the embedded platform while a run goes on', { timeout: 300_000 }, () => {
  let world: PlatformWorld;
  let endpoint: ScriptedEndpoint;
  before(async () => {
    world = await PlatformWorld.start();
    const instances = readScriptedInstances(DATA);
    endpoint = await startScriptedEndpoint({ script: 'counting', instances, delayMs: 700, turns: TURNS });
  });
  after(async () => {
    await endpoint.close();
    await world.stop();
  });

  const run = (name: string) => {
    const policy = ['--mode', 'inference', '--model', 'scripted', '--api-base', endpoint.url];
    const work = [
      '--data',
      DATA,
      '--num-instances',
      '2',
      '--rollouts-per-instance',
      '1',
      '--no-quality-filter',
    ];
    return world.steadfast(['run', '--run', name, '--detach', '--sandbox', 'bubblewrap', ...policy, ...work]);
  };
  const stateOf = (name: string) => readLiveState(world.home)?.processes.find((one) => one.name === name);

  /** Each rollout is scored at its first try, in its first sandbox, and each of its commands ran once. */
  async function assertUnharmed(name: string): Promise<void> {
    const lines = linesOf(await world.steadfast(['run', '--attach', name, '--json']));
    assert.deepEqual(
      lines.filter((line) => line.type === 'trajectory').map((line) => line.reward),
      [1, 1],
    );
    const folder = `${world.store}/runs/${name}/trajectories`;
    const files = readdirSync(folder);
    assert.deepEqual(files.length, 2, files.join(' '));
    for (const file of files) {
      assert.match(file, /-1\.1\.json$/);
      const record = readFileSync(`${folder}/${file}`, 'utf8');
      for (let turn = 1; turn < TURNS - 1; turn++)
        assert.ok(record.includes(countOf(turn)), `${file}: ${turn}`);
    }
  }

  test('lists what has ended for a week', async () => {
    const told = await world.temporal('operator', 'namespace', 'describe', 'default', '-o', 'json');
    assert.match(told, /"workflowExecutionRetentionTtl": "604800s"/);
  });

  test('goes through a restart of every worker, one after another', async () => {
    const asked = endpoint.requests.length;
    assert.equal((await run('rolling')).code, 0);
    while (endpoint.requests.length < asked + 2) await sleep(50);
    for (const name of WORKERS) {
      const old = stateOf(name)?.process?.pid ?? 0;
      process.kill(old, 'SIGTERM');
      while (stateOf(name)?.process?.pid === old || stateOf(name)?.phase !== 'ready') await sleep(50);
    }
    await assertUnharmed('rolling');
  });

  test('is put down without a process left, and goes on where it was when it is up again', async () => {
    const asked = endpoint.requests.length;
    assert.equal((await run('resting')).code, 0);
    while (endpoint.requests.length < asked + 5) await sleep(50);
    await world.steadfast(['down']);
    assert.deepEqual(processesOf(world.home), []);
    // Kept, to be adopted: no server says yet that nobody wants them.
    const kept = sandboxesOf(await world.steadfast(['sandboxes', '--json']), 'resting');
    assert.deepEqual(
      kept.map((one) => [one.verdict, one.owner_state, one.kind]),
      Array.from({ length: 2 }, () => ['leave', 'unreachable', 'rollout']),
    );
    assert.equal((await world.steadfast(['up'])).code, 0);
    await assertUnharmed('resting');
    // Closed by their rollouts, or by the reaper.
    assert.deepEqual(sandboxesOf(await world.steadfast(['sandboxes', '--json']), 'resting'), []);
  });
});

/** The live processes whose command line or environment names a folder. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      return command.includes(folder) || environment.includes(folder) ? [`${pid} ${command}`] : [];
    } catch {
      return [];
    }
  });
}

interface SandboxLine {
  readonly run: string;
  readonly verdict: string;
  readonly owner_state: string;
  readonly kind: string;
}

function sandboxesOf({ stdout }: { readonly stdout: string }, run: string): SandboxLine[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as SandboxLine).filter((one) => one.run === run);
}
