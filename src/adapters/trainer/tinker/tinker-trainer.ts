import { isDeepStrictEqual } from 'node:util';
import { SteadfastError } from '../../../domain/failures.ts';
import { unlessAborted } from '../../../domain/unless-aborted.ts';
import type { RunOpening } from '../../../domain/run-opening.ts';
import { TRAINER_CAPABILITIES } from '../../../domain/trainer-capabilities.ts';
import type { PublishedStep, StepState, Trainer, TrainStepRequest } from '../../../ports/trainer.ts';
import { readManifest } from '../checkpoints.ts';
import { createStepJobs, doneState, requireParent } from '../step-jobs.ts';
import { capabilitiesSchema } from './answers.ts';
import type { Reduction } from './data.ts';
import { headOf, makeStep } from './make-step.ts';
import { measureReduction } from './reduction.ts';
import { createModel, deleteState } from './session.ts';
import { createTinkerServer, type TinkerServer } from './wire.ts';

/**
 * The port Trainer over a server that speaks Tinker's API. Its steps are published as checkpoints like those of the policy server,
 * which samples from them; the state that the next step takes over stays with the Tinker server, named by the manifest.
 */
export function createTinkerTrainer(options: {
  /** Null where there is no such server, which a run hears of as it opens. */
  readonly baseUrl: string | null;
  readonly apiKey: string | null;
  /** Opens runs for sampling, and holds their folders. */
  readonly policyServer: Trainer;
}): Trainer {
  const { baseUrl, apiKey, policyServer } = options;
  const server = baseUrl === null ? null : createTinkerServer({ baseUrl, apiKey });
  const openings = new Map<string, RunOpening>();
  const jobs = createStepJobs();
  const reductions = new Map<string, Promise<Reduction>>();

  function serverOf(): TinkerServer {
    if (server !== null) return server;
    const why = 'trainer is "tinker", and TINKER_BASE_URL is not set where the trainer worker runs';
    throw new SteadfastError(
      'Config.Invalid',
      `${why}; expected the address of a server that speaks Tinker's API`,
    );
  }

  async function openRun(opening: RunOpening, signal?: AbortSignal): Promise<PublishedStep> {
    await checkModel(serverOf(), opening.baseModel);
    await unlessAborted(reductionOf(opening), signal);
    const published = await policyServer.openRun(opening, signal);
    openings.set(opening.run, opening);
    return published;
  }

  /** What the server makes of losses, and whether it takes such a model at all; asked once. */
  async function reductionOf(opening: RunOpening): Promise<Reduction> {
    const key = JSON.stringify([opening.baseModel, opening.loraRank]);
    const known = reductions.get(key);
    if (known !== undefined) return await known;
    const measuring = measure(opening);
    reductions.set(key, measuring);
    try {
      return await measuring;
    } catch (error) {
      reductions.delete(key);
      throw error;
    }
  }

  async function measure({ baseModel, loraRank: rank, seed }: RunOpening): Promise<Reduction> {
    const model = await createModel(serverOf(), { baseModel, rank, seed }).catch(unavailable);
    try {
      return await measureReduction(model);
    } finally {
      await model.unload();
    }
  }

  async function startStep(request: TrainStepRequest): Promise<StepState> {
    const { run, step } = request;
    const opening = openingOf(run);
    const root = opening.checkpointDir;
    const published = await readManifest(root, step);
    if (published !== null) {
      const isSame = Object.entries(headOf(opening, request)).every(([key, value]) => {
        return isDeepStrictEqual(published.manifest[key], value);
      });
      return await doneState({ run, step, root, published, isUnused: !isSame });
    }
    await requireParent(root, request);
    return jobs.begin(request, async () => {
      await makeStep(serverOf(), await reductionOf(opening), opening, request);
    });
  }

  async function stepState(run: string, step: number): Promise<StepState> {
    return await jobs.stateOf(run, step, openingOf(run).checkpointDir);
  }

  async function deleteCheckpoint(run: string, step: number): Promise<void> {
    const published = await readManifest(openingOf(run).checkpointDir, step);
    await policyServer.deleteCheckpoint(run, step);
    const state = published?.manifest.state ?? null;
    if (state !== null) await deleteState(serverOf(), state);
  }

  function openingOf(run: string): RunOpening {
    const opening = openings.get(run);
    if (opening !== undefined) return opening;
    throw new SteadfastError('Trainer.Unreachable', `run ${run} is not open in this process`);
  }

  return {
    capabilities: TRAINER_CAPABILITIES.tinker,
    openRun,
    startStep,
    stepState,
    checkpoints: async (run) => await policyServer.checkpoints(run),
    deleteCheckpoint,
  };
}

/** Refuses a base model that the server does not have, by the name that it has for each. */
async function checkModel(server: TinkerServer, baseModel: string): Promise<void> {
  const { supported_models: supported } = await server.get(
    '/api/v1/get_server_capabilities',
    capabilitiesSchema,
  );
  const names = supported.flatMap(({ model_name: name }) => name ?? []);
  if (names.includes(baseModel)) return;
  const why = `model is ${JSON.stringify(baseModel)}; the Tinker server at ${server.baseUrl} has ${names.join(', ')}`;
  throw new SteadfastError('Trainer.ModelUnavailable', why);
}

/** A server that refuses a model refuses it again. */
function unavailable(error: unknown): never {
  if (!(error instanceof SteadfastError) || error.type !== 'Trainer.Failed') throw error;
  throw new SteadfastError('Trainer.ModelUnavailable', error.message, { cause: error });
}
