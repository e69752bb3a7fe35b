import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBatchActivity } from '../../../src/activities/build-batch.ts';
import { groupRecordOf } from '../../../src/activities/group-record.ts';
import { createTrainingActivities } from '../../../src/activities/train-step.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { createOpenAiModel } from '../../../src/adapters/model/openai-model.ts';
import { createPolicyServerTrainer } from '../../../src/adapters/trainer/policy-server.ts';
import { createPruneActivity } from '../../../src/activities/prune-checkpoints.ts';
import { createReopeningModel } from '../../../src/adapters/trainer/reopening-model.ts';
import type { RunConfig } from '../../../src/domain/run-config.ts';
import type { RolloutResult } from '../../../src/domain/trajectory.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import type { Model } from '../../../src/ports/model.ts';
import type { Trainer } from '../../../src/ports/trainer.ts';
import {
  makeTinyModel,
  type PolicyServerProcess,
  startPolicyServer,
} from '../../support/policy-server-process.ts';
import { quiet } from '../../support/quiet.ts';
import { TRAINING } from '../../support/training.ts';

quiet();

async function carriedOut<T>(activity: () => Promise<T>): Promise<T> {
  return (await new MockActivityEnvironment({ heartbeatTimeoutMs: 20_000 }).run(activity)) as T;
}

describe('the embedded policy server', () => {
  let root: string;
  let artifacts: Artifacts;
  let server: PolicyServerProcess;
  let model: Model;
  let config: string;
  let trainer: Trainer;
  let training: ReturnType<typeof createTrainingActivities>;
  const run = 'tiny-run';

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'steadfast-policy-'));
    const base = join(root, 'model');
    makeTinyModel(base);
    artifacts = createFolderArtifacts(join(root, 'store'));
    const full = {
      run,
      model: base,
      seed: 7,
      agent: { temperature: 1 },
      training: { ...TRAINING, learningRate: 1e-3 },
    };
    config = await artifacts.putJson(full);
    await artifacts.writeRunFile(run, 'config.json', JSON.stringify(full));
    await serve();
  });
  after(async () => {
    await server.end();
    await rm(root, { recursive: true });
  });

  /** Starts a server, as the supervisor does after the death of one: it has loaded nothing. */
  async function serve(): Promise<void> {
    server = await startPolicyServer();
    trainer = createPolicyServerTrainer({ baseUrl: server.url });
    const plain = createOpenAiModel({ apiKey: null, policyUrl: server.url });
    model = createReopeningModel({ model: plain, trainer, artifacts });
    training = createTrainingActivities({
      artifacts,
      trainers: { embedded: trainer, tinker: trainer, art: trainer, 'art-local': trainer },
    });
  }

  /** A trajectory of one turn sampled from the server, with a reward that the test gives it. */
  async function sampled(member: number, version: number, reward: number): Promise<RolloutResult> {
    const response = await model.sample({
      model: `${run}@${version}`,
      apiBase: null,
      messages: [{ role: 'user', content: 'test_add in a.py fails' }],
      tools: [],
      temperature: 1,
      maxTokens: 8,
      seed: member,
      timeoutMs: 60_000,
    });
    const turn = { kind: 'model', parent: 'p', turn: 1, ...response, startedAt: '', durationMs: 1 };
    return {
      rollout: `${run}/g-000001/i/${member}.1`,
      instanceId: 'i',
      status: 'scored',
      stopReason: 'done',
      failureType: null,
      reward,
      resolved: false,
      policyVersion: version,
      turns: 1,
      trajectory: await artifacts.putJson({ trainable: true, turns: [turn] }),
    };
  }

  async function batchOf(version: number, seed: number): Promise<string> {
    const results = [await sampled(seed, version, 1), await sampled(seed + 1, version, 0.2)];
    const group = await artifacts.putJson(
      groupRecordOf({ run, group: 1, purpose: 'train' }, results, 'mean'),
    );
    const { buildBatch } = createBatchActivity({ artifacts });
    const built = await carriedOut(() => buildBatch({ run, step: version + 1, config, groups: [group] }));
    assert.ok(built.batch !== null);
    return built.batch;
  }

  it('makes steps, each once, and goes on after its death', async () => {
    const opened = await carriedOut(() => training.openTraining({ run, config }));
    assert.equal(opened.step, 0);
    const batch = await batchOf(0, 1);
    const ask = { run, step: 1, config, parent: opened.manifest, batch };
    const first = await carriedOut(() => training.trainStep(ask));
    assert.deepEqual([first.step, first.policy.model], [1, `${run}@1`]);
    assert.ok(Object.keys(first.metrics).length > 0);

    const again = await carriedOut(() => training.trainStep(ask));
    assert.equal(again.manifest, first.manifest);
    assert.equal(again.metrics['batch/unused'], undefined);

    const late = await carriedOut(async () => training.trainStep({ ...ask, batch: await batchOf(0, 11) }));
    assert.equal(late.manifest, first.manifest);
    assert.equal(late.metrics['batch/unused'], 1);

    await server.end();
    await serve();
    const second = await batchOf(1, 21);
    await server.end();
    await serve();
    const made = await carriedOut(() =>
      training.trainStep({ run, step: 2, config, parent: first.manifest, batch: second }),
    );
    assert.equal(made.step, 2);
    const reopened = await carriedOut(() => training.openTraining({ run, config }));
    assert.deepEqual([reopened.step, reopened.manifest], [2, made.manifest]);
  });

  it('refuses a parent that is not there, and a model that cannot be loaded, in its own words', async () => {
    const batch = await batchOf(2, 31);
    const missing = { run, step: 9, config, parent: 'f'.repeat(64), batch };
    await assert.rejects(
      carriedOut(() => training.trainStep(missing)),
      { type: 'Trainer.Conflict' },
    );
    const other = await artifacts.putJson({
      ...((await artifacts.getJson(config)) as object),
      model: join(root, 'nothing-here'),
    });
    await assert.rejects(
      carriedOut(() => training.openTraining({ run: 'other', config: other })),
      {
        type: 'Trainer.ModelUnavailable',
        message: /no such folder/,
      },
    );
  });

  it('deletes the checkpoints that are not kept, asked of a server that has forgotten the run', async () => {
    const keep = { newest: 1, every: null, best: 1 };
    const made = (await artifacts.getJson(config)) as RunConfig;
    const kept = await artifacts.putJson({ ...made, keep });
    const stale = await artifacts.putJson({
      ...made,
      keep,
      training: { ...made.training, maxStaleness: 2 },
    });
    const earned = [0.4, 0.9].map((reward, i) => JSON.stringify({ step: i + 1, 'reward/mean': reward }));
    await artifacts.writeRunFile(run, 'metrics.jsonl', `${earned.join('\n')}\n`);
    await server.end();
    await serve();
    const { pruneCheckpoints } = createPruneActivity({
      artifacts,
      trainers: { embedded: trainer, tinker: trainer, art: trainer, 'art-local': trainer },
    });
    assert.equal(
      await carriedOut(() => pruneCheckpoints({ run, config: stale })),
      0,
      'rollouts are sampled from all',
    );
    assert.equal(await carriedOut(() => pruneCheckpoints({ run, config: kept })), 1);
    // Step 2 was made of what policy 1 earned, the best; 2 is the newest.
    assert.deepEqual(await trainer.checkpoints(run), [1, 2]);
    assert.equal(await carriedOut(() => pruneCheckpoints({ run, config: kept })), 0);
    await trainer.deleteCheckpoint(run, 0);
    await assert.rejects(trainer.deleteCheckpoint(run, 2), {
      type: 'Trainer.Failed',
      message: /the last of run/,
    });
  });
});
