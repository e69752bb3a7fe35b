import { availableParallelism } from 'node:os';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createBatchActivity } from '../activities/build-batch.ts';
import type { ImageActivities, ImageListActivities } from '../activities/contract-images.ts';
import type { VerifyRecordActivities, VerifySandboxActivities } from '../activities/contract-verify.ts';
import type { HostActivities, SandboxActivities } from '../activities/contract-sandbox.ts';
import type { ModelActivities, RecordActivities } from '../activities/contract.ts';
import type { TrainerActivities } from '../activities/contract-trainer.ts';
import { createGradeActivities } from '../activities/grade.ts';
import { createImageActivities } from '../activities/images.ts';
import { createInstanceActivities } from '../activities/instances.ts';
import { createJudgeActivities } from '../activities/judge-instance.ts';
import { createSandboxActivities } from '../activities/open-sandbox.ts';
import { createPlanPullsActivity } from '../activities/plan-pulls.ts';
import { createPruneActivity } from '../activities/prune-checkpoints.ts';
import { createFilterRecordActivity } from '../activities/record-filter.ts';
import { createCurriculumActivity } from '../activities/choose-instances.ts';
import { createGroupRecordActivity } from '../activities/record-group.ts';
import { createRecordKeptActivity } from '../activities/record-kept.ts';
import { createStepRecordActivities } from '../activities/record-step.ts';
import { createTrajectoryActivities } from '../activities/record-trajectory.ts';
import { createResolveFilterActivity } from '../activities/resolve-filter.ts';
import { createResolveRunActivity } from '../activities/resolve-run.ts';
import { createToolActivities } from '../activities/run-tool.ts';
import { createVerifyRecordActivities } from '../activities/verify-records.ts';
import { createVerifyTrajectoryActivity } from '../activities/verify-trajectory.ts';
import { createModelActivities } from '../activities/sample-turn.ts';
import { createServerActivities } from '../activities/server-activities.ts';
import { createTrainingActivities } from '../activities/train-step.ts';
import { createFolderArtifacts } from '../adapters/artifacts/folder.ts';
import { createDatasets } from '../adapters/datasets/datasets.ts';
import { createDockerImages } from '../adapters/images/docker-images.ts';
import { createOpenAiModel } from '../adapters/model/openai-model.ts';
import { createOfficial } from '../adapters/official/grader.ts';
import { createSandboxes, type Sandboxes } from '../adapters/sandbox/choose.ts';
import { createLoraReplica } from '../adapters/sampler/lora-replica.ts';
import { createReplicaModel } from '../adapters/sampler/replicas.ts';
import { createArtModel } from '../adapters/sampler/art-model.ts';
import { createArtTrainer } from '../adapters/trainer/art/art-trainer.ts';
import { connectArt } from '../adapters/trainer/art/connect.ts';
import { ART_LOCAL_KEY } from '../adapters/trainer/art/local.ts';
import { createPolicyServerTrainer } from '../adapters/trainer/policy-server.ts';
import { createReopeningModel } from '../adapters/trainer/reopening-model.ts';
import { createTinkerTrainer } from '../adapters/trainer/tinker/tinker-trainer.ts';
import type { Config } from '../config.ts';
import { packageRoot, pythonWithPip, toolPaths } from '../local/setup/paths.mjs';
import type { Artifacts } from '../ports/artifacts.ts';
import type { DatasetRecords, Datasets } from '../ports/datasets.ts';
import type { Images } from '../ports/images.ts';
import type { Model } from '../ports/model.ts';
import type { Official } from '../ports/official.ts';
import type { Trainer, Trainers } from '../ports/trainer.ts';
import { defaultApiBase } from '../schemas/run-config-endpoint.ts';
import { failingArtifacts, failingRunTool, failingSandboxes } from './failing-deps.ts';
import { createFailpoints, type Fire } from './failpoints.ts';
import { hostName, machineConcurrency, sandboxLimits } from './host.ts';

/** The ports of this process, made of the configuration. */
export interface Deps {
  readonly artifacts: Artifacts;
  readonly datasets: Datasets & DatasetRecords;
  readonly sandboxes: Sandboxes;
  readonly images: Images;
  /** Closed when the worker ends. */
  readonly official: Official;
  readonly model: Model;
  readonly trainers: Trainers;
  /** Fires the failpoints of a test; null outside of one. */
  readonly fire: Fire | null;
}

/** The real adapters; nothing of them is touched before an activity asks. */
export function createDeps(config: Config): Deps {
  const paths = toolPaths(config.cache);
  const fire = config.failpoints === null ? null : createFailpoints(config.failpoints);
  const store = createFolderArtifacts(config.store);
  const artifacts = fire === null ? store : failingArtifacts(store, fire);
  const images = createDockerImages({
    // By host: several may have one home, each with a daemon of its own.
    records: join(config.home, 'images', hostName(config)),
    dockerConfig: config.dockerConfig,
  });
  const sandboxes = createSandboxes({
    stateDir: join(config.home, 'sandboxes'),
    pythonEnv: paths.guestEnv,
    dockerfile: join(packageRoot, 'infra/images/sandbox/Dockerfile'),
    baseImage: config.sandboxBase,
    dockerConfig: config.dockerConfig,
    images,
  });
  const policyServer = createPolicyServerTrainer({ baseUrl: config.policyUrl });
  const model = createOpenAiModel({ apiKey: config.openaiApiKey, policyUrl: config.policyUrl });
  return {
    artifacts,
    images,
    trainers: trainersOf(config, policyServer),
    model: modelOf(config, createReopeningModel({ model, trainer: policyServer, artifacts }), artifacts),
    datasets: createDatasets({
      cacheDir: config.cache,
      python: pythonWithPip(paths),
      environment: config.environment,
      sweBench: config.sweBench,
      hub: config.hub,
    }),
    sandboxes: fire === null ? sandboxes : failingSandboxes(sandboxes, fire),
    official: createOfficial({
      // Set-up's; an image brings the packages along.
      python: existsSync(paths.graderPython) ? paths.graderPython : 'python3',
      folder: paths.grader,
      // A log of half a million lines takes a few.
      readSeconds: 60,
      // Enough on a host that has five times more to do than it can.
      requestMs: 300_000,
    }),
    fire,
  };
}

export function recordActivities(
  config: Config,
  deps: Deps,
  server: { readonly searchable: boolean; readonly isRunning: (workflowId: string) => Promise<boolean> },
): RecordActivities & ImageListActivities & VerifyRecordActivities {
  const { searchable, isRunning } = server;
  return {
    ...createResolveRunActivity({
      artifacts: deps.artifacts,
      machineConcurrency: machineConcurrency(config),
      apiBase: defaultApiBase(config),
      searchable,
    }),
    ...createInstanceActivities(deps),
    ...createFilterRecordActivity(deps),
    ...createRecordKeptActivity(deps),
    ...createResolveFilterActivity({ artifacts: deps.artifacts, cores: availableParallelism() }),
    ...createTrajectoryActivities(deps),
    ...createCurriculumActivity(deps),
    ...createGroupRecordActivity(deps),
    ...createStepRecordActivities(deps),
    ...createServerActivities(isRunning),
    ...createVerifyRecordActivities({
      artifacts: deps.artifacts,
      machineConcurrency: machineConcurrency(config),
    }),
    ...createPlanPullsActivity({ ...deps, host: hostName(config) }),
  };
}

function trainersOf(config: Config, policyServer: Trainer): Trainers {
  return {
    embedded: policyServer,
    tinker: createTinkerTrainer({ ...config.tinker, policyServer }),
    art: createArtTrainer({ trainer: 'art', connect: () => connectArt('art', config.art) }),
    'art-local': createArtTrainer({
      trainer: 'art-local',
      connect: () => connectArt('art-local', config.art),
    }),
  };
}

/** Samples policy versions at ART where ART made them, else at servers that load adapters, where there are some. */
function modelOf(config: Config, model: Model, artifacts: Artifacts): Model {
  const { policyUrl, art } = config;
  const endpoints = {
    art: createOpenAiModel({ apiKey: art.apiKey, keyName: 'WANDB_API_KEY', policyUrl }),
    'art-local': createOpenAiModel({ apiKey: ART_LOCAL_KEY, policyUrl }),
  };
  const replicas = config.samplerUrls.map((url) => createLoraReplica(url, config.openaiApiKey));
  const here = replicas.length === 0 ? model : createReplicaModel({ model, artifacts, replicas });
  return createArtModel({ model: here, artifacts, endpoints });
}

export function sandboxActivities(
  config: Config,
  deps: Deps,
): SandboxActivities & HostActivities & VerifySandboxActivities {
  const { artifacts, datasets, official, sandboxes, fire } = deps;
  const limits = sandboxLimits();
  const shared = { artifacts, datasets, official, sandboxes, limits };
  const { runTool } = createToolActivities(shared);
  return {
    ...createSandboxActivities({ ...shared, host: hostName(config) }),
    runTool: fire === null ? runTool : failingRunTool(runTool, fire),
    ...createGradeActivities(shared),
    ...createJudgeActivities(shared),
    ...createVerifyTrajectoryActivity(shared),
  };
}

export function imageActivities(deps: Deps): ImageActivities {
  return createImageActivities(deps);
}

export function modelActivities(deps: Deps): ModelActivities {
  return createModelActivities(deps);
}

export function trainerActivities(deps: Deps): TrainerActivities {
  return { ...createBatchActivity(deps), ...createTrainingActivities(deps), ...createPruneActivity(deps) };
}
