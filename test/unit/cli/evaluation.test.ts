import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { CommandError } from '../../../src/cli/errors.ts';
import { costOf, estimatesOf, estimatesTable } from '../../../src/cli/estimates.ts';
import { evaluationOf } from '../../../src/cli/evaluation.ts';
import { rolloutId, trajectoryPath } from '../../../src/domain/ids.ts';
import type { Usage } from '../../../src/domain/messages.ts';
import type { Grading, Trajectory, TurnLink } from '../../../src/domain/trajectory.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import { trajectory } from './trajectory.ts';

const prediction = (instance_id: string, rollout: string) => ({
  instance_id,
  model_name_or_path: 'm',
  model_patch: `diff of r/${rollout}`,
});
const refused = (message: RegExp) => (error: unknown) =>
  error instanceof CommandError && message.test(error.message);

const call = (told: Usage | null) => ({ kind: 'model', usage: told }) as TurnLink;

describe('the evaluation of a run', () => {
  let folder: string;
  let artifacts: Artifacts;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'steadfast-evaluation-'));
    artifacts = createFolderArtifacts(folder);
    await config('r', 'inference');
    await put(1, 'i-1', '1.1', { resolved: true, reward: 1 });
    await put(1, 'i-1', '2.1', { status: 'failed', reward: null });
    await put(1, 'i-1', '2.2', { resolved: false, reward: 0.2 });
    await put(2, 'i-2', '1.1', {
      resolved: false,
      reward: 0.2,
      turns: [call(usage), call(null), call(usage)],
    });
    await put(2, 'i-2', '2.1', { resolved: false, reward: 0.4 });
    await put(3, 'i-3', '1.1', { status: 'failed', reward: null });
    await put(4, 'i-4', '1.1', { status: 'cancelled', reward: null });
  });
  after(() => rmSync(folder, { recursive: true }));

  const usage = { promptTokens: 1000, completionTokens: 100 };

  const config = async (run: string, mode: string) =>
    await artifacts.writeRunFile(run, 'config.json', JSON.stringify({ model: 'm', mode, seed: 7 }));

  const put = async (group: number, instanceId: string, member: string, change: Partial<Trajectory>) => {
    const [number = 0, attempt = 0] = member.split('.').map(Number);
    const rollout = rolloutId('r', group, instanceId, number, attempt);
    const grading = { patch: `diff of ${rollout}` } as Grading;
    const record = trajectory({ rollout, instanceId, grading, usage, ...change });
    await artifacts.writeRunFile('r', trajectoryPath('r', rollout), JSON.stringify(record));
  };

  it('tallies scored rollouts by instance, and keeps what failed out of every number', async () => {
    const evaluation = await evaluationOf(artifacts, 'r');
    assert.deepEqual(evaluation.tallies, [
      { instanceId: 'i-1', rollouts: 2, resolved: 1, rewardSum: 1.2 },
      { instanceId: 'i-2', rollouts: 2, resolved: 0, rewardSum: 0.2 + 0.4 },
    ]);
    assert.deepEqual([evaluation.unscored, evaluation.failed, evaluation.lastFailure], [1, 2, null]);
    assert.deepEqual(evaluation.usage, { promptTokens: 4000, completionTokens: 400 });
  });

  it('knows what it cost where prices are named, and the usage of every call', async () => {
    const evaluation = await evaluationOf(artifacts, 'r');
    assert.equal(evaluation.callsWithoutUsage, 1);
    assert.equal(costOf(evaluation, { prompt: 2, completion: 10 }), null);
    const told = { ...evaluation, callsWithoutUsage: 0 };
    assert.equal(costOf(told, { prompt: 2, completion: 10 }), 0.012);
    assert.equal(costOf(told, { prompt: 2, completion: null }), null);
  });

  it('says which parameters the endpoint would not be told, and why an attempt failed', async () => {
    const hot = { kind: 'model', usage: null, refused: ['temperature'] } as const;
    const turns = [hot, { ...hot, refused: ['temperature', 'seed'] }, { kind: 'start' }] as never;
    await config('odd', 'inference');
    const rollout = rolloutId('odd', 1, 'i-1', 1, 1);
    const record = trajectory({ rollout, instanceId: 'i-1', reward: 0.2, turns });
    await artifacts.writeRunFile('odd', trajectoryPath('odd', rollout), JSON.stringify(record));
    const gone = rolloutId('odd', 1, 'i-1', 2, 1);
    const failure = { type: 'Sandbox.Failed', message: 'gone' };
    const failed = trajectory({ rollout: gone, instanceId: 'i-1', status: 'failed', failure });
    await artifacts.writeRunFile('odd', trajectoryPath('odd', gone), JSON.stringify(failed));
    const { refused: names, callsWithoutUsage, lastFailure } = await evaluationOf(artifacts, 'odd');
    assert.deepEqual([names, callsWithoutUsage], [{ temperature: 2, seed: 1 }, 2]);
    assert.equal(lastFailure, 'Sandbox.Failed: gone');
  });

  it('estimates pass@k and pass^k for each k that is a power of two, and for the most', async () => {
    const estimates = estimatesOf(await evaluationOf(artifacts, 'r'));
    assert.deepEqual([...estimates.keys()], ['pass@1', 'pass@2', 'pass^2', 'reward']);
    assert.deepEqual(
      [...estimates.values()].map(({ value }) => Number(value.toFixed(6))),
      [0.25, 0.5, 0, 0.45],
    );
    assert.match(
      estimatesTable(estimates),
      /^ +estimate +95% interval +instances\npass@1 +0\.250 +0\.000 to 0\.500 +2$/m,
    );
  });

  it('estimates pass@k over the instances of which k rollouts were scored', async () => {
    const tallies = [
      { instanceId: 'i-1', rollouts: 4, resolved: 1, rewardSum: 1.6 },
      { instanceId: 'i-2', rollouts: 1, resolved: 1, rewardSum: 1 },
    ];
    const estimates = estimatesOf({ ...(await evaluationOf(artifacts, 'r')), tallies });
    assert.deepEqual(
      [...estimates].map(([name, { value, instances }]) => [name, Number(value.toFixed(6)), instances]),
      [
        ['pass@1', 0.625, 2],
        ['pass@2', 0.5, 1],
        ['pass@4', 1, 1],
        ['pass^2', 0, 1],
        ['pass^4', 0, 1],
        ['reward', 0.7, 2],
      ],
    );
  });

  it('writes the predictions as SWE-bench reads them, a file for each rollout of an instance', async () => {
    const { predictions } = await evaluationOf(artifacts, 'r');
    const lines = predictions.map((path) =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
    assert.deepEqual(lines, [
      [prediction('i-1', 'g-000001/i-1/1.1'), prediction('i-2', 'g-000002/i-2/1.1')],
      [prediction('i-1', 'g-000001/i-1/2.2'), prediction('i-2', 'g-000002/i-2/2.1')],
    ]);
  });

  it('refuses a run that trains, and one that is not here', async () => {
    await config('t', 'train');
    await assert.rejects(evaluationOf(artifacts, 't'), refused(/steadfast eval --model t@STEP/));
    await assert.rejects(evaluationOf(artifacts, 'nowhere'), refused(/no files of a run "nowhere"/));
  });
});
