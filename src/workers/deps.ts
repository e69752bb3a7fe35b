import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { createBatchActivity } from '../activities/build-batch.ts';
import type {
  HostActivities,
  ModelActivities,
  RecordActivities,
  SandboxActivities,
  TrainerActivities,
} from '../activities/contract.ts';
import { createGradeActivities } from '../activities/grade.ts';
import { createInstanceActivities } from '../activities/instances.ts';
import { createJudgeActivities } from '../activities/judge-instance.ts';
import { createSandboxActivities } from '../activities/open-sandbox.ts';
import { createFilterRecordActivity } from '../activities/record-filter.ts';
import { createGroupRecordActivity } from '../activities/record-group.ts';
import { createStepRecordActivities } from '../activities/record-step.ts';
import { createTrajectoryActivities } from '../activities/record-trajectory.ts';
import { createResolveRunActivity } from '../activities/resolve-run.ts';
import { createToolActivities } from '../activities/run-tool.ts';
import { createModelActivities } from '../activities/sample-turn.ts';
import { createServerActivities } from '../activities/server-activities.ts';
import { createTrainingActivities } from '../activities/train-step.ts';
import { createFolderArtifacts } from '../adapters/artifacts/folder.ts';
import { createDatasets } from '../adapters/datasets/datasets.ts';
import { createOpenAiModel } from '../adapters/model/openai-model.ts';
import { createSandboxes, type Sandboxes } from '../adapters/sandbox/choose.ts';
import { createPolicyServerTrainer } from '../adapters/trainer/policy-server.ts';
import { createReopeningModel } from '../adapters/trainer/reopening-model.ts';
import type { Config } from '../config.ts';
import { packageRoot, toolPaths } from '../local/setup/paths.mjs';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Datasets } from '../ports/datasets.ts';
import type { Model } from '../ports/model.ts';
import type { Trainer } from '../ports/trainer.ts';
import { failingArtifacts, failingRunTool, failingSandboxes } from './failing-deps.ts';
import { createFailpoints, type Fire } from './failpoints.ts';
import { hostName, machineConcurrency, sandboxLimits } from './host.ts';

/** The ports of this process, made of the configuration. */
export interface Deps {
  readonly artifacts: Artifacts;
  readonly datasets: Datasets;
  readonly sandboxes: Sandboxes;
  readonly model: Model;
  readonly trainer: Trainer;
  /** Fires the failpoints of a test; null outside of one. */
  readonly fire: Fire | null;
}

/** The real adapters; nothing of them is touched before an activity asks. */
export function createDeps(config: Config): Deps {
  const paths = toolPaths(config.cache);
  const fire = config.failpoints === null ? null : createFailpoints(config.failpoints);
  const store = createFolderArtifacts(config.store);
  const artifacts = fire === null ? store : failingArtifacts(store, fire);
  const sandboxes = createSandboxes({
    stateDir: join(config.home, 'sandboxes'),
    pythonEnv: paths.guestEnv,
    dockerfile: join(packageRoot, 'infra/images/sandbox/Dockerfile'),
    baseImage: config.sandboxBase,
  });
  const trainer = createPolicyServerTrainer({ baseUrl: config.policyUrl });
  const model = createOpenAiModel({ apiKey: config.openaiApiKey, policyUrl: config.policyUrl });
  return {
    artifacts,
    trainer,
    model: createReopeningModel({ model, trainer, artifacts }),
    datasets: createDatasets({
      cacheDir: config.cache,
      // A Python with pip: uv brings one where the system's has none.
      python: existsSync(paths.uv)
        ? [paths.uv, 'run', '-q', '--no-project', '--with', 'pip', 'python']
        : ['python3'],
      environment: config.environment,
      sweBench: config.sweBench,
    }),
    sandboxes: fire === null ? sandboxes : failingSandboxes(sandboxes, fire),
    fire,
  };
}

export function recordActivities(
  config: Config,
  deps: Deps,
  server: { readonly searchable: boolean; readonly isRunning: (workflowId: string) => Promise<boolean> },
): RecordActivities {
  const { searchable, isRunning } = server;
  const apiBase = config.openaiBaseUrl;
  return {
    ...createResolveRunActivity({
      artifacts: deps.artifacts,
      machineConcurrency: machineConcurrency(config),
      apiBase,
      searchable,
    }),
    ...createInstanceActivities(deps),
    ...createFilterRecordActivity(deps),
    ...createTrajectoryActivities(deps),
    ...createGroupRecordActivity(deps),
    ...createStepRecordActivities(deps),
    ...createServerActivities(isRunning),
  };
}

export function sandboxActivities(config: Config, deps: Deps): SandboxActivities & HostActivities {
  const { artifacts, datasets, sandboxes, fire } = deps;
  const limits = sandboxLimits();
  const shared = { artifacts, datasets, sandboxes, limits };
  const { runTool } = createToolActivities(shared);
  return {
    ...createSandboxActivities({ ...shared, host: hostName(config) }),
    runTool: fire === null ? runTool : failingRunTool(runTool, fire),
    ...createGradeActivities(shared),
    ...createJudgeActivities(shared),
  };
}

export function modelActivities(deps: Deps): ModelActivities {
  return createModelActivities(deps);
}

export function trainerActivities(deps: Deps): TrainerActivities {
  return { ...createBatchActivity(deps), ...createTrainingActivities(deps) };
}
