import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createPruneActivity } from '../../../src/activities/prune-checkpoints.ts';
import { createTrainingActivities } from '../../../src/activities/train-step.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { createOpenAiModel } from '../../../src/adapters/model/openai-model.ts';
import { createPolicyServerTrainer } from '../../../src/adapters/trainer/policy-server.ts';
import { unpackAdapter } from '../../../src/adapters/trainer/tinker/archive.ts';
import { readManifest } from '../../../src/adapters/trainer/tinker/checkpoints.ts';
import { makeStep } from '../../../src/adapters/trainer/tinker/make-step.ts';
import { createModel, type TinkerModel } from '../../../src/adapters/trainer/tinker/session.ts';
import { createTinkerTrainer } from '../../../src/adapters/trainer/tinker/tinker-trainer.ts';
import { createTinkerServer } from '../../../src/adapters/trainer/tinker/wire.ts';
import { loadConfig } from '../../../src/config.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { stepName } from '../../../src/domain/ids.ts';
import type { TrainingConfig } from '../../../src/domain/run-config.ts';
import type { RunOpening } from '../../../src/domain/run-opening.ts';
import { toolPaths } from '../../../src/local/setup/paths.mjs';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import type { ModelResponse } from '../../../src/ports/model.ts';
import type { Trainers } from '../../../src/ports/trainer.ts';
import type { DyingStep } from '../../support/dying-tinker-worker.ts';
import { quiet } from '../../support/quiet.ts';
import { TinkerServer } from '../../support/tinker-server.ts';

quiet();

const paths = toolPaths(loadConfig().cache);

/** A random model of two layers: what is tested is the protocol, not the learning. */
const MAKE_MODEL = `
import sys, torch
from steadfast_trainer.tiny_model import make_model, make_tokenizer
torch.manual_seed(0)
tokenizer = make_tokenizer([[{"role": "user", "content": "test_add in a.py fails"}]], 400, 1024)
make_model(tokenizer, 64, 2, 1024).save_pretrained(sys.argv[1])
tokenizer.save_pretrained(sys.argv[1])
`;

const run = 'behind-tinker';

const TRAINING: TrainingConfig = {
  learningRate: 1e-2,
  loraRank: 8,
  loss: 'dapo',
  importance: 'token',
  clipLow: 0.2,
  clipHigh: 0.28,
  klCoefficient: 0,
  advantage: 'mean',
};

describe('a trainer behind a Tinker server', () => {
  let root: string;
  let base: string;
  let artifacts: Artifacts;
  let tinker: TinkerServer;
  let policyServer: ChildProcess;
  let policyUrl: string;
  let config: string;
  let folder: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'steadfast-tinker-'));
    base = join(root, 'model');
    execFileSync(paths.trainerPython, ['-c', MAKE_MODEL, base], { cwd: paths.trainer, stdio: 'ignore' });
    artifacts = createFolderArtifacts(join(root, 'store'));
    folder = artifacts.runPath(run, 'checkpoints');
    config = await configOf({});
    [tinker] = await Promise.all([TinkerServer.start({ folder: join(root, 'tinker'), model: base }), serve()]);
  });
  after(async () => {
    const ended = policyServer.exitCode === null ? once(policyServer, 'exit') : null;
    policyServer.kill('SIGKILL');
    await Promise.all([ended, tinker.kill()]);
    await rm(root, { recursive: true });
  });

  /** Starts the policy server, which samples. */
  async function serve(): Promise<void> {
    const args = ['-m', 'steadfast_trainer.serve', '--port', '0', '--threads', '1', '--device', 'cpu'];
    policyServer = spawn(paths.trainerPython, args, { cwd: paths.trainer, stdio: ['ignore', 'pipe', 'inherit'] });
    assert.ok(policyServer.stdout);
    for await (const line of createInterface(policyServer.stdout)) {
      const url = /ready on (\S+)/.exec(line)?.[1];
      if (url === undefined) continue;
      policyUrl = `${url.replace(/\/(v1)?$/, '')}/v1`;
      return;
    }
    throw new Error('the policy server ended before it was ready');
  }

  async function configOf(changes: object, training: object = {}): Promise<string> {
    return await artifacts.putJson({
      run,
      model: base,
      seed: 7,
      trainer: 'tinker',
      agent: { temperature: 1 },
      training: { ...TRAINING, ...training },
      ...changes,
    });
  }

  /** What a trainer worker has; each is a process of its own, in effect. */
  function workerTrainers(): Trainers {
    const embedded = createPolicyServerTrainer({ baseUrl: policyUrl });
    return {
      embedded,
      tinker: createTinkerTrainer({ baseUrl: tinker.baseUrl, apiKey: null, policyServer: embedded }),
    };
  }

  function worker(): ReturnType<typeof createTrainingActivities> {
    return createTrainingActivities({ artifacts, trainers: workerTrainers() });
  }

  /** Carries an activity out as Temporal does, which tries again for as long as the server is away. */
  async function carriedOut<T>(activity: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return (await new MockActivityEnvironment({ heartbeatTimeoutMs: 20_000 }).run(activity)) as T;
      } catch (error) {
        const isAway = error instanceof Error && 'type' in error && error.type === 'Trainer.Unreachable';
        if (!isAway || tries === 5) throw error;
      }
    }
  }

  async function sampled(version: number, seed: number): Promise<ModelResponse> {
    return await createOpenAiModel({ apiKey: null, policyUrl }).sample({
      model: `${run}@${version}`,
      apiBase: null,
      messages: [{ role: 'user', content: 'test_add in a.py fails' }],
      tools: [],
      temperature: 1,
      maxTokens: 12,
      seed,
      timeoutMs: 60_000,
    });
  }

  /** A prompt and its completion as a sample of a batch. */
  function sampleOf(response: ModelResponse, advantage: number): { tokens: number[]; logprobs: number[] } {
    const { promptTokenIds, completionTokenIds, logprobs } = response;
    assert.ok(promptTokenIds && completionTokenIds && logprobs);
    const masked = promptTokenIds.map(() => 0);
    return Object.assign(
      { tokens: [...promptTokenIds, ...completionTokenIds], logprobs: [...masked, ...logprobs] },
      { mask: [...masked, ...logprobs.map(() => 1)], advantage, rollout: 'r', group: 1 },
    );
  }

  async function batchOf(version: number, seed: number): Promise<string> {
    const samples = [sampleOf(await sampled(version, seed), 0.5), sampleOf(await sampled(version, seed + 1), -0.5)];
    return await artifacts.putJson({ samples });
  }

  it('makes steps whose adapters sample as the weights of the server do', async () => {
    const training = worker();
    const opened = await carriedOut(() => training.openTraining({ run, config }));
    assert.equal(opened.step, 0);
    const batch = await batchOf(0, 1);
    const made = await carriedOut(() =>
      training.trainStep({ run, step: 1, config, parent: opened.manifest, batch }),
    );
    assert.deepEqual([made.step, made.policy.model], [1, `${run}@1`]);
    // The policy that sampled is the one that the server began with.
    assert.ok((made.metrics['logprob_difference'] ?? 1) < 1e-3, JSON.stringify(made.metrics));
    assert.ok((made.metrics['grad_norm'] ?? 0) > 0);

    const { tokens, logprobs } = sampleOf(await sampled(1, 9), 0);
    const asked = {
      tokens: tokens.slice(0, -1),
      targets: tokens.slice(1),
      logprobs: logprobs.slice(1),
      advantages: tokens.slice(1).map(() => 0),
    };
    const logprobsOf = async (state: string | null): Promise<readonly number[] | undefined> => {
      const server = createTinkerServer({ baseUrl: tinker.baseUrl, apiKey: null });
      const model = await createModel(server, { baseModel: base, rank: 8, seed: 7 });
      if (state !== null) await model.load(state);
      // No step follows: the model that comes next must not hear of these gradients.
      const [own] = await model.forwardBackward([asked], { low: 0.8, high: 1.2 });
      await model.unload();
      return own;
    };
    const fresh = await logprobsOf(null);
    const own = await logprobsOf((await readManifest(folder, 1))?.manifest.state ?? '');
    const apart = (theirs: readonly number[] | undefined): number => {
      return Math.max(...logprobs.slice(1).map((ours, i) => (ours === 0 ? 0 : Math.abs(ours - (theirs?.[i] ?? 0)))));
    };
    assert.ok(apart(own) < 1e-3, `logprobs differ by ${apart(own)}`);
    assert.ok(apart(fresh) > 1e-2, 'the step changed nothing');
  });

  it('goes on from a saved state as if it had never been put down, the optimiser included', async () => {
    const server = createTinkerServer({ baseUrl: tinker.baseUrl, apiKey: null });
    const begin = { baseModel: base, rank: 8, seed: 3 };
    const step = async (model: TinkerModel, advantage: number): Promise<void> => {
      const data = { tokens: [5, 6], targets: [6, 7], logprobs: [-6, -6], advantages: [1, advantage] };
      await model.forwardBackward([data], { low: 0.8, high: 1.2 });
      await model.optimStep(1e-2);
    };
    const unbroken = await createModel(server, begin);
    await step(unbroken, -1);
    const state = await unbroken.save('between');
    await step(unbroken, 1);
    const resumed = await createModel(server, { ...begin, seed: 4 });
    await resumed.load(state);
    await step(resumed, 1);
    for (const [name, model] of Object.entries({ unbroken, resumed })) {
      const adapter = join(root, name, stepName(1), 'adapter');
      await mkdir(dirname(adapter), { recursive: true });
      await unpackAdapter(await model.exportAdapter(name), adapter, { ...begin, alpha: 32 });
      await model.unload();
    }
    const apart = largest(await weightsOf(join(root, 'unbroken'), 1), await weightsOf(join(root, 'resumed'), 1));
    assert.ok(apart < 1e-6, `the weights differ by ${apart}`);
  });

  it('makes a step once, however often and by however many workers it is asked for', async () => {
    const first = await readManifest(folder, 1);
    const opened = await readManifest(folder, 0);
    assert.ok(first && opened);
    const other = await batchOf(0, 11);
    const late = await carriedOut(() =>
      worker().trainStep({ run, step: 1, config, parent: opened.sha256, batch: other }),
    );
    assert.deepEqual([late.manifest, late.metrics['batch/unused']], [first.sha256, 1]);

    const batch = await batchOf(1, 21);
    const ask = { run, step: 2, config, parent: first.sha256, batch };
    const both = await Promise.all([1, 2].map(() => carriedOut(() => worker().trainStep(ask))));
    assert.equal(both[0]?.manifest, both[1]?.manifest);
    assert.deepEqual([both[0]?.metrics['batch/unused'], both[1]?.metrics['batch/unused']], [undefined, undefined]);
    const second = await readManifest(folder, 2);
    assert.deepEqual([second?.sha256, second?.manifest.parent], [both[0]?.manifest, first.sha256]);
    assert.deepEqual(await leftovers(), []);
  });

  it('makes the step that a worker died in again, as an undisturbed one is made', async () => {
    const second = await readManifest(folder, 2);
    const batch = await batchOf(2, 31);
    const request = {
      run,
      step: 3,
      parent: second?.sha256 ?? '',
      batch: { path: artifacts.blobPath(batch), sha256: batch },
      training: TRAINING,
      temperature: 1,
    };
    const undisturbed = join(root, 'undisturbed');
    await cp(folder, undisturbed, { recursive: true });
    const server = createTinkerServer({ baseUrl: tinker.baseUrl, apiKey: null });
    await makeStep(server, 'mean', openingIn(undisturbed), request);

    for (const diesBefore of [`"learning_rate":${TRAINING.learningRate}`, 'save_weights_for_sampler', 'DELETE']) {
      const told: DyingStep = { baseUrl: tinker.baseUrl, opening: openingIn(folder), request, diesBefore };
      const program = fileURLToPath(new URL('../../support/dying-tinker-worker.ts', import.meta.url));
      const dying = spawn(process.execPath, [program, JSON.stringify(told)], { stdio: 'inherit' });
      assert.deepEqual(await once(dying, 'exit'), [null, 'SIGKILL']);
      assert.equal(await readManifest(folder, 3), null);
    }
    const made = await carriedOut(() => worker().trainStep({ ...request, config, batch }));
    const third = await readManifest(folder, 3);
    assert.deepEqual([third?.sha256, third?.manifest.parent], [made.manifest, second?.sha256]);
    // The server promises no bits; what a dead worker's gradients would add is as large as the step itself.
    const apart = largest(await weightsOf(folder, 3), await weightsOf(undisturbed, 3));
    assert.ok(apart < 1e-6, `the weights differ by ${apart}`);
    assert.ok(largest(await weightsOf(folder, 3), await weightsOf(folder, 2)) > 1e-3);
    assert.deepEqual(await leftovers(), []);
  });

  it('ends a step whose server is killed in the middle of it and started again', async () => {
    const third = await readManifest(folder, 3);
    const batch = await batchOf(3, 41);
    const ask = { run, step: 4, config, parent: third?.sha256 ?? '', batch };
    const saving = tinker.asked('/api/v1/save_weights ');
    const making = carriedOut(() => worker().trainStep(ask));
    await Promise.race([saving, making]);
    await tinker.kill();
    await tinker.serve();
    const made = await making;
    const fourth = await readManifest(folder, 4);
    assert.deepEqual([fourth?.sha256, fourth?.manifest.parent], [made.manifest, third?.sha256]);
    assert.deepEqual(await leftovers(), []);
  });

  it('refuses what the server cannot do, before anything starts', async () => {
    const opening = async (config: string): Promise<unknown> => {
      return await carriedOut(() => worker().openTraining({ run: 'refused', config }));
    };
    await assert.rejects(opening(await configOf({}, { klCoefficient: 0.1 })), {
      type: 'Config.Invalid',
      message: /kl_coefficient is 0.1 with trainer tinker; expected 0/,
    });
    await assert.rejects(opening(await configOf({ model: 'Qwen/Qwen3-8B' })), {
      type: 'Trainer.ModelUnavailable',
      message: /model is "Qwen\/Qwen3-8B"; the Tinker server at .* has /,
    });
    await assert.rejects(opening(await configOf({}, { loraRank: 64 })), {
      type: 'Trainer.ModelUnavailable',
      message: /64/,
    });
    const nowhere = createTinkerTrainer({ baseUrl: null, apiKey: null, policyServer: workerTrainers().embedded });
    await assert.rejects(
      nowhere.openRun(openingIn(folder)),
      (error) => error instanceof SteadfastError && error.type === 'Config.Invalid',
    );
  });

  it('deletes a checkpoint with the state that its server holds', async () => {
    const trainers = workerTrainers();
    const state = (await readManifest(folder, 1))?.manifest.state ?? '';
    const [, model, checkpoint] = /^tinker:\/\/([^/]+)\/weights\/(.+)$/.exec(state) ?? [];
    const held = join(root, 'tinker/checkpoints', String(model), `${checkpoint}.tar.gz`);
    assert.ok((await readdir(join(held, '..'))).includes(`${checkpoint}.tar.gz`));
    const { pruneCheckpoints } = createPruneActivity({ artifacts, trainers });
    const kept = await configOf({ keep: { newest: 1, every: null, best: 0 } });
    assert.ok((await carriedOut(() => pruneCheckpoints({ run, config: kept }))) > 0);
    assert.ok(!(await trainers.tinker.checkpoints(run)).includes(1));
    assert.ok(!(await readdir(join(held, '..'))).includes(`${checkpoint}.tar.gz`));
  });

  function openingIn(checkpointDir: string): RunOpening {
    return { run, baseModel: base, checkpointDir, loraRank: 8, loraAlpha: 32, seed: 7, from: null };
  }

  /** What is neither a checkpoint nor the claim of the policy server. */
  async function leftovers(): Promise<string[]> {
    return (await readdir(folder)).filter((name) => !/^(step-\d{4}|\.lock)$/.test(name));
  }
});

/** The numbers of a step's adapter, in the order of its file. */
async function weightsOf(folder: string, step: number): Promise<Float32Array> {
  const bytes = await readFile(join(folder, stepName(step), 'adapter/adapter_model.safetensors'));
  const header = Number(bytes.readBigUInt64LE());
  return new Float32Array(new Uint8Array(bytes.subarray(8 + header)).buffer);
}

function largest(some: Float32Array, others: Float32Array): number {
  assert.equal(some.length, others.length);
  return Math.max(...some.map((weight, i) => Math.abs(weight - (others[i] ?? 0))));
}
