import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SteadfastError } from '../../../domain/failures.ts';
import { policyModel, stepName } from '../../../domain/ids.ts';
import type { RunOpening } from '../../../domain/run-opening.ts';
import { TRAINER_CAPABILITIES } from '../../../domain/trainer-capabilities.ts';
import type { PublishedStep, StepState, Trainer, TrainStepRequest } from '../../../ports/trainer.ts';
import { absent, readManifest } from '../checkpoints.ts';
import { createStepJobs, doneState, requireParent } from '../step-jobs.ts';
import { makeStep, type Patience } from './make-step.ts';
import { publishMade } from './publish-made.ts';
import { sampledAtOf } from './sampled-at.ts';
import type { ArtModel, ArtServer } from './server.ts';

const PATIENCE: Patience = { pollMs: 2000, doubtMs: 900_000, appearMs: 600_000 };

/**
 * The port Trainer over ART, serverless or its local server. Weights and optimiser stay with ART; a step's checkpoint here is
 * its manifest, which says what it was made of and where it is sampled.
 */
export function createArtTrainer(options: {
  readonly trainer: 'art' | 'art-local';
  /** Throws `Config.Invalid` where the environment does not name one, which a run hears of as it opens. */
  readonly connect: () => ArtServer;
  readonly patience?: Patience;
}): Trainer {
  const { trainer, connect, patience = PATIENCE } = options;
  let connected: ArtServer | null = null;
  const open = new Map<string, { readonly opening: RunOpening; readonly model: ArtModel }>();
  const jobs = createStepJobs();

  function serverOf(): ArtServer {
    connected ??= connect();
    return connected;
  }

  async function openRun(opening: RunOpening, signal?: AbortSignal): Promise<PublishedStep> {
    const { run, baseModel, checkpointDir: root } = opening;
    const server = serverOf();
    const model = await server.register(run, baseModel);
    signal?.throwIfAborted();
    const [steps, newest] = [await publishedSteps(root), await server.newestStep(model)];
    const last = steps.at(-1) ?? null;
    // One more is a step that was made and is not published yet.
    if (newest !== (last ?? 0) && newest !== (last ?? newest) + 1) {
      const ours = last === null ? 'has no step' : `is at step ${last}`;
      const why = `run ${run} ${ours}, and ART's model ${model.name} is at step ${newest}`;
      throw new SteadfastError(
        'Trainer.Conflict',
        `${why}; expected the same: another run may have its name`,
      );
    }
    await server.serve(model, last === null ? null : sampledAtOf((await readManifest(root, last))?.manifest));
    open.set(run, { opening, model });
    // Step 0: what ART makes of the base model before anything is trained.
    if (last === null) await publishMade({ server, model, opening }, 0, { parent: null, trainer }, {});
    const step = last ?? 0;
    const published = await readManifest(root, step);
    if (published === null) throw new SteadfastError('Trainer.Failed', `step ${step} of run ${run} is gone`);
    return { step, manifest: published.sha256, model: policyModel(run, step) };
  }

  async function startStep(request: TrainStepRequest): Promise<StepState> {
    const { run, step, batch } = request;
    const { opening, model } = openedOf(run);
    const root = opening.checkpointDir;
    const published = await readManifest(root, step);
    if (published !== null) {
      const isUnused = published.manifest.batch_sha256 !== batch.sha256;
      return await doneState({ run, step, root, published, isUnused });
    }
    await requireParent(root, request);
    return jobs.begin(request, async () => {
      await makeStep({ server: serverOf(), model, trainer, opening, patience }, request);
    });
  }

  async function deleteCheckpoint(run: string, step: number): Promise<void> {
    const { opening, model } = openedOf(run);
    const root = opening.checkpointDir;
    if ((await publishedSteps(root)).at(-1) === step) {
      const why = `step ${step} of run ${run} is its newest; expected an older one to delete`;
      throw new SteadfastError('Trainer.Conflict', why);
    }
    // ART's first: what is still named here is deleted after a later step.
    await serverOf().deleteStep(model, step);
    await rm(join(root, stepName(step)), { recursive: true, force: true });
  }

  function openedOf(run: string): { readonly opening: RunOpening; readonly model: ArtModel } {
    const opened = open.get(run);
    if (opened !== undefined) return opened;
    throw new SteadfastError('Trainer.Unreachable', `run ${run} is not open in this process`);
  }

  return {
    capabilities: TRAINER_CAPABILITIES[trainer],
    openRun,
    startStep,
    stepState: async (run, step) => await jobs.stateOf(run, step, openedOf(run).opening.checkpointDir),
    checkpoints: async (run) => await publishedSteps(openedOf(run).opening.checkpointDir),
    deleteCheckpoint,
  };
}

/** The steps that have a manifest, in their order. */
async function publishedSteps(root: string): Promise<number[]> {
  const names = (await readdir(root).catch(absent)) ?? [];
  const steps = names.flatMap((name) => /^step-(\d{4,9})$/.exec(name)?.[1] ?? []).map(Number);
  const published: number[] = [];
  for (const step of steps.toSorted((a, b) => a - b)) {
    if ((await readManifest(root, step)) !== null) published.push(step);
  }
  return published;
}
