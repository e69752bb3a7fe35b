import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { GroupRecord } from '../../../src/activities/group-record.ts';
import { isQuarantined } from '../../../src/activities/grading/health.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { trajectoryPath } from '../../../src/domain/ids.ts';
import type { Trajectory } from '../../../src/domain/trajectory.ts';
import type { VerifyProgress } from '../../../src/domain/verification.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import { PlatformWorld } from '../../support/platform-world.ts';
import { type ScriptedEndpoint, startScriptedEndpoint } from '../../support/scripted-endpoint.ts';
import { readScriptedInstances } from '../../support/scripted-policy.ts';

const DATA = fileURLToPath(new URL('../../../examples/train.jsonl', import.meta.url));

suite('steadfast verify on the embedded platform', { timeout: 900_000 }, () => {
  let world: PlatformWorld;
  let artifacts: Artifacts;
  let endpoint: ScriptedEndpoint;

  before(async () => {
    world = await PlatformWorld.start();
    artifacts = createFolderArtifacts(world.store);
    endpoint = await startScriptedEndpoint({ script: 'gold', instances: readScriptedInstances(DATA) });
    const counts = ['--num-instances', '1', '--rollouts-per-instance', '2', '--no-quality-filter'];
    const where = ['--api-base', endpoint.url, '--sandbox', 'bubblewrap', '--run', 'v'];
    const { code, stdout, stderr } = await world.steadfast([
      'run',
      '--data',
      DATA,
      '--model',
      'm',
      ...counts,
      ...where,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /mean reward 1\.000 \(doing nothing: 0\.200\)/);
  });
  after(async () => {
    await endpoint.close();
    await world.stop();
  });

  test('confirms honest gradings, none of them from a cache', async () => {
    const { code, stdout, stderr } = await world.steadfast(['verify', 'v', '--json']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      type: 'summary',
      run: 'v',
      checked: 2,
      agrees: 2,
      disagreement_rate: 0,
    });
    const report = JSON.parse((await artifacts.readRunFile('v', 'verify.json')) ?? '') as object;
    assert.deepEqual(report, {
      run: 'v',
      share: 1,
      seed: 0,
      trajectories: 2,
      checked: 2,
      outcomes: { agrees: 2 },
      disagreementRate: 0,
      notAgreed: [],
    });
  });

  test('is started by the plain temporal CLI, which names what is wrong with an input', async () => {
    const input = join(world.home, 'verify.json');
    const start = async (id: string, fields: object) => {
      writeFileSync(input, JSON.stringify(fields));
      const how = ['--type', 'verify', '--task-queue', 'steadfast', '--input-file', input];
      await world.temporal('workflow', 'start', ...how, '--workflow-id', id);
      return await world.temporal('workflow', 'result', '--workflow-id', id, '-o', 'json');
    };
    const done = JSON.parse(await start('by-temporal', { run: 'v', share: 0.5, seed: 3 })) as {
      result: VerifyProgress;
    };
    assert.equal(done.result.total, 1);
    assert.deepEqual(done.result.outcomes, { agrees: done.result.total });
    await assert.rejects(
      start('wrong', { run: 'v', share: 5, shape: 1 }),
      (error: Error & { stdout?: string }) =>
        /share is 5[^]*shape is 1/.test(`${error.stdout}${error.message}`),
    );
  });

  test('finds a grading that its patch does not earn, lists it and ends with 1', async () => {
    const honest = await trajectoryOf(1);
    assert.equal(await isQuarantined(artifacts, honest.instance ?? ''), false);
    await replace(honest, { ...honest, grading: { ...gradingOf(honest), patch: '' } });
    const { code, stdout, stderr } = await world.steadfast(['verify', 'v', '--json']);
    assert.equal(code, 1);
    const [one, summary] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      [one?.['type'], one?.['outcome'], one?.['instance_id'], one?.['stored'], one?.['again']],
      [
        'verified',
        'disagrees',
        honest.instanceId,
        { reward: 1, resolved: true },
        { reward: 0.2, resolved: false },
      ],
    );
    assert.deepEqual(
      [summary?.['agrees'], summary?.['disagrees'], summary?.['disagreement_rate']],
      [1, 1, 0.5],
    );
    assert.match(stderr, /disagrees: .*reward 1\.000 is 0\.200 again; .* was passed, is failed/);
    assert.match(stderr, /not every grading of v can be confirmed/);
    assert.equal(await isQuarantined(artifacts, honest.instance ?? ''), true);
    await replace(honest, honest);
  });

  test('tells a damaged record from one that disagrees', async () => {
    const record = await trajectoryOf(1);
    const path = trajectoryPath('v', record.rollout);
    const whole = (await artifacts.readRunFile('v', path)) ?? '';
    const blob = artifacts.blobPath(await artifacts.putJson(record));
    // The blob alone is mended from the file; both together are lost.
    writeFileSync(blob, '{"broken');
    assert.equal((await world.steadfast(['verify', 'v'])).code, 0);
    writeFileSync(blob, '{"broken');
    await artifacts.writeRunFile('v', path, whole.replace('"reward": 1', '"reward": 0'));
    const { code, stdout } = await world.steadfast(['verify', 'v']);
    assert.equal(code, 1);
    assert.match(stdout, /damaged: instance not known .*its record is lost, or not what was recorded/);
    assert.match(stdout, /1 agrees/);
  });

  test('says which run there is none of', async () => {
    const { code, stderr } = await world.steadfast(['verify', 'nowhere']);
    assert.equal(code, 1);
    assert.match(stderr, /run is "nowhere"; expected a run whose files are in the store/);
  });

  /** The record of the first group's n-th member. */
  async function trajectoryOf(member: number): Promise<Trajectory> {
    const { members } = await groupRecord();
    return (await artifacts.getJson(members[member]?.trajectory ?? '')) as Trajectory;
  }

  /** Stores another trajectory in the place of one, as if that had been recorded. */
  async function replace(of: Trajectory, by: Trajectory): Promise<void> {
    const record = await groupRecord();
    const trajectory = await artifacts.putJson(by);
    const members = record.members.map((one) => (one.rollout === of.rollout ? { ...one, trajectory } : one));
    await artifacts.writeRunFile('v', 'groups/g-000001.json', JSON.stringify({ ...record, members }));
  }

  async function groupRecord(): Promise<GroupRecord> {
    return JSON.parse((await artifacts.readRunFile('v', 'groups/g-000001.json')) ?? '') as GroupRecord;
  }
});

function gradingOf({ grading }: Trajectory): NonNullable<Trajectory['grading']> {
  assert.ok(grading);
  return grading;
}
