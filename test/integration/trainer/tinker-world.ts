import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createTrainingActivities } from '../../../src/activities/train-step.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { createOpenAiModel } from '../../../src/adapters/model/openai-model.ts';
import { createPolicyServerTrainer } from '../../../src/adapters/trainer/policy-server.ts';
import { createTinkerTrainer } from '../../../src/adapters/trainer/tinker/tinker-trainer.ts';
import { stepName } from '../../../src/domain/ids.ts';
import type { TrainingConfig } from '../../../src/domain/run-config.ts';
import type { RunOpening } from '../../../src/domain/run-opening.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import type { ModelResponse } from '../../../src/ports/model.ts';
import type { Trainers } from '../../../src/ports/trainer.ts';
import {
  makeTinyModel,
  type PolicyServerProcess,
  startPolicyServer,
} from '../../support/policy-server-process.ts';
import { TinkerServer } from '../../support/tinker-server.ts';
import { TRAINING } from '../../support/training.ts';

/** The run that is trained. */
export const RUN = 'behind-tinker';

export const OF_TINKER: TrainingConfig = { ...TRAINING, loraRank: 8 };

/** A Tinker server, a policy server that samples what it trains, and workers between them. */
export class TinkerWorld {
  readonly root: string;
  /** Folder of the base model. */
  readonly base: string;
  readonly artifacts: Artifacts;
  readonly tinker: TinkerServer;
  private readonly policyServer: PolicyServerProcess;

  private constructor(root: string, tinker: TinkerServer, policyServer: PolicyServerProcess) {
    this.root = root;
    this.base = join(root, 'model');
    this.artifacts = createFolderArtifacts(join(root, 'store'));
    this.tinker = tinker;
    this.policyServer = policyServer;
  }

  static async start(): Promise<TinkerWorld> {
    const root = await mkdtemp(join(tmpdir(), 'steadfast-tinker-'));
    const model = join(root, 'model');
    makeTinyModel(model);
    const [tinker, policyServer] = await Promise.all([
      TinkerServer.start({ folder: join(root, 'tinker'), model }),
      startPolicyServer(),
    ]);
    return new TinkerWorld(root, tinker, policyServer);
  }

  async stop(): Promise<void> {
    await Promise.all([this.policyServer.end(), this.tinker.kill()]);
    await rm(this.root, { recursive: true });
  }

  /** Folder of the run's checkpoints. */
  get folder(): string {
    return this.artifacts.runPath(RUN, 'checkpoints');
  }

  async configOf(changes: object = {}, training: object = {}): Promise<string> {
    return await this.artifacts.putJson({
      run: RUN,
      model: this.base,
      seed: 7,
      trainer: 'tinker',
      agent: { temperature: 1 },
      training: { ...OF_TINKER, ...training },
      ...changes,
    });
  }

  /** What a trainer worker has; each is a process of its own, in effect. */
  workerTrainers(): Trainers {
    const embedded = createPolicyServerTrainer({ baseUrl: this.policyServer.url });
    return {
      embedded,
      art: embedded,
      'art-local': embedded,
      tinker: createTinkerTrainer({
        baseUrl: this.tinker.baseUrl,
        apiKey: null,
        policyServer: embedded,
      }),
    };
  }

  worker(): ReturnType<typeof createTrainingActivities> {
    return createTrainingActivities({ artifacts: this.artifacts, trainers: this.workerTrainers() });
  }

  async sampled(version: number, seed: number): Promise<ModelResponse> {
    return await createOpenAiModel({ apiKey: null, policyUrl: this.policyServer.url }).sample({
      model: `${RUN}@${version}`,
      apiBase: null,
      messages: [{ role: 'user', content: 'test_add in a.py fails' }],
      tools: [],
      temperature: 1,
      maxTokens: 12,
      seed,
      timeoutMs: 60_000,
    });
  }

  async batchOf(version: number, seed: number): Promise<string> {
    const samples = [
      sampleOf(await this.sampled(version, seed), 0.5),
      sampleOf(await this.sampled(version, seed + 1), -0.5),
    ];
    return await this.artifacts.putJson({ samples });
  }

  openingIn(checkpointDir: string): RunOpening {
    return {
      run: RUN,
      baseModel: this.base,
      checkpointDir,
      loraRank: 8,
      loraAlpha: 32,
      seed: 7,
      from: null,
    };
  }

  /** What is neither a checkpoint nor the claim of the policy server. */
  async leftovers(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => !/^(step-\d{4}|\.lock)$/.test(name));
  }
}

/** Carries an activity out as Temporal does, which tries again for as long as the server is away. */
export async function carriedOut<T>(activity: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return (await new MockActivityEnvironment({ heartbeatTimeoutMs: 20_000 }).run(activity)) as T;
    } catch (error) {
      const isAway = error instanceof Error && 'type' in error && error.type === 'Trainer.Unreachable';
      if (!isAway || tries === 5) throw error;
    }
  }
}

/** A prompt and its completion as a sample of a batch. */
export function sampleOf(
  response: ModelResponse,
  advantage: number,
): { tokens: number[]; logprobs: number[] } {
  const { promptTokenIds, completionTokenIds, logprobs } = response;
  assert.ok(promptTokenIds && completionTokenIds && logprobs);
  const masked = promptTokenIds.map(() => 0);
  return Object.assign(
    { tokens: [...promptTokenIds, ...completionTokenIds], logprobs: [...masked, ...logprobs] },
    { mask: [...masked, ...logprobs.map(() => 1)], advantage, rollout: 'r', group: 1 },
  );
}

/** The numbers of a step's adapter, in the order of its file. */
export async function weightsOf(folder: string, step: number): Promise<Float32Array> {
  const bytes = await readFile(join(folder, stepName(step), 'adapter/adapter_model.safetensors'));
  const header = Number(bytes.readBigUInt64LE());
  return new Float32Array(new Uint8Array(bytes.subarray(8 + header)).buffer);
}

/** The largest difference of two lists of weights. */
export function largest(some: Float32Array, others: Float32Array): number {
  assert.equal(some.length, others.length);
  return Math.max(...some.map((weight, i) => Math.abs(weight - (others[i] ?? 0))));
}
