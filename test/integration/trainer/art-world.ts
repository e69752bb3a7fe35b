import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTrainingActivities } from '../../../src/activities/train-step.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { createOpenAiModel } from '../../../src/adapters/model/openai-model.ts';
import { createArtModel } from '../../../src/adapters/sampler/art-model.ts';
import { createArtTrainer } from '../../../src/adapters/trainer/art/art-trainer.ts';
import { type ArtSettings, connectArt } from '../../../src/adapters/trainer/art/connect.ts';
import type { Patience } from '../../../src/adapters/trainer/art/make-step.ts';
import { readManifest } from '../../../src/adapters/trainer/checkpoints.ts';
import { openingOf, type RunOpening } from '../../../src/domain/run-opening.ts';
import type { RunConfig, TrainingConfig } from '../../../src/domain/run-config.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import type { Model, ModelResponse } from '../../../src/ports/model.ts';
import type { Trainer, TrainStepRequest } from '../../../src/ports/trainer.ts';
import type { ToldWorker } from '../../support/art/art-worker.ts';
import { KEY, ScriptedArt } from '../../support/art/scripted-art.ts';
import { TRAINING } from '../../support/training.ts';

/** The run that is trained. */
export const RUN = 'night';

const OF_ART: TrainingConfig = { ...TRAINING, learningRate: 5e-6, loraRank: 32, loss: 'grpo' };

export const PATIENCE: Patience = { pollMs: 20, doubtMs: 300, appearMs: 300 };

/** A scripted ART, a store, and workers between them, each a process of its own in effect. */
export class ArtWorld {
  readonly artifacts: Artifacts;
  readonly art: ScriptedArt;
  readonly trainer: 'art' | 'art-local';
  private readonly root: string;

  private constructor(root: string, art: ScriptedArt, trainer: 'art' | 'art-local') {
    this.root = root;
    this.art = art;
    this.trainer = trainer;
    this.artifacts = createFolderArtifacts(join(root, 'store'));
  }

  static async start(trainer: 'art' | 'art-local'): Promise<ArtWorld> {
    const root = await mkdtemp(join(tmpdir(), 'steadfast-art-'));
    return new ArtWorld(root, await ScriptedArt.start(), trainer);
  }

  async stop(): Promise<void> {
    await this.art.stop();
    await rm(this.root, { recursive: true });
  }

  get folder(): string {
    return this.artifacts.runPath(RUN, 'checkpoints');
  }

  get settings(): ArtSettings {
    const { url } = this.art;
    const baseUrl = this.trainer === 'art' ? `${url}/v1` : url;
    return { baseUrl, apiKey: KEY, entity: null, project: 'steadfast' };
  }

  /** What a trainer worker has. */
  port(settings: ArtSettings = this.settings): Trainer {
    const connect = () => connectArt(this.trainer, settings, PATIENCE.pollMs);
    return createArtTrainer({ trainer: this.trainer, connect, patience: PATIENCE });
  }

  worker(port: Trainer = this.port()): ReturnType<typeof createTrainingActivities> {
    const trainers = { embedded: port, tinker: port, art: port, 'art-local': port };
    return createTrainingActivities({ artifacts: this.artifacts, trainers });
  }

  private config(changes: object = {}): RunConfig {
    const agent = { temperature: 1, maxTokens: 100, toolProtocol: 'text' };
    const config = { run: RUN, model: 'Qwen/Qwen3-0.6B', seed: 7, trainer: this.trainer, agent };
    return { ...config, training: OF_ART, ...changes } as unknown as RunConfig;
  }

  async configOf(changes: object = {}): Promise<string> {
    return await this.artifacts.putJson(this.config(changes));
  }

  opening(): RunOpening {
    return openingOf(RUN, this.config(), this.artifacts);
  }

  /** A batch of two rollouts of one instance, told apart by a token. */
  async batchOf(token: number): Promise<string> {
    const members = [1, 0].map((reward) => ({
      rollout: `${RUN}/${token}/${reward}`,
      reward,
      tools: [],
      conversations: [
        [
          { message: { role: 'user', content: 'mend it' } },
          { reply: { content: 'done', tokenIds: [token, 2], logprobs: [-0.5, -0.25] } },
        ],
      ],
    }));
    return await this.artifacts.putJson({ groups: [{ group: token, instanceId: 'i', members }] });
  }

  /** The arguments of the activity that makes a step on top of what is published. */
  async askOf(step: number, token: number, changes: object = {}) {
    const parent = (await readManifest(this.folder, step - 1))?.sha256 ?? '';
    const [batch, config] = [await this.batchOf(token), await this.configOf(changes)];
    return { run: RUN, step, config, parent, batch };
  }

  /** The same for the port itself. */
  async requestOf(step: number, token: number): Promise<TrainStepRequest> {
    const { parent, batch: sha256 } = await this.askOf(step, token);
    const batch = { path: this.artifacts.blobPath(sha256), sha256 };
    return { run: RUN, step, parent, batch, training: OF_ART, temperature: 1 };
  }

  /** What a model worker has. */
  model(): Model {
    const policyUrl = 'http://127.0.0.1:9/v1';
    const endpoints = {
      art: createOpenAiModel({ apiKey: KEY, keyName: 'WANDB_API_KEY', policyUrl }),
      'art-local': createOpenAiModel({ apiKey: 'default', policyUrl }),
    };
    const model = createOpenAiModel({ apiKey: null, policyUrl });
    return createArtModel({ model, artifacts: this.artifacts, endpoints });
  }

  async sampled(step: number): Promise<ModelResponse> {
    return await this.model().sample({
      model: `${RUN}@${step}`,
      apiBase: null,
      messages: [{ role: 'user', content: 'mend it' }],
      tools: [],
      temperature: 1,
      maxTokens: 12,
      seed: 1,
      timeoutMs: 10_000,
    });
  }

  /** A worker that is killed once ART has taken its request, or later. */
  async killedWorker(
    step: number,
    token: number,
    later: () => Promise<void> = async () => await Promise.resolve(),
  ): Promise<void> {
    const { trainer, settings } = this;
    const request = await this.requestOf(step, token);
    const told: ToldWorker = { trainer, settings, patience: PATIENCE, opening: this.opening(), request };
    const program = fileURLToPath(new URL('../../support/art/art-worker.ts', import.meta.url));
    const worker = spawn(process.execPath, [program, JSON.stringify(told)], { stdio: 'inherit' });
    const exit = once(worker, 'exit');
    await this.art.hasTaken(1);
    await later();
    worker.kill('SIGKILL');
    assert.deepEqual(await exit, [null, 'SIGKILL']);
  }
}
