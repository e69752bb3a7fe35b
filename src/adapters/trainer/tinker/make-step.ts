import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SteadfastError } from '../../../domain/failures.ts';
import { stepName } from '../../../domain/ids.ts';
import type { RunOpening } from '../../../domain/run-opening.ts';
import { TINKER_LORA_ALPHA } from '../../../domain/run-opening.ts';
import type { TrainStepRequest } from '../../../ports/trainer.ts';
import { unpackAdapter } from './archive.ts';
import { readBatchFile } from '../batch-file.ts';
import { publish, readManifest } from '../checkpoints.ts';
import { dataOf, type Reduction } from './data.ts';
import { metricsOf } from './metrics.ts';
import { createModel, deleteState, type TinkerModel } from './session.ts';
import type { TinkerServer } from './wire.ts';

const batchSchema = z.object({
  samples: z
    .array(
      z.object({
        tokens: z.array(z.int()).min(2),
        mask: z.array(z.union([z.literal(0), z.literal(1)])),
        logprobs: z.array(z.number()),
        advantage: z.number(),
      }),
    )
    .min(1),
});

/**
 * Makes a step and publishes it: a model of its own takes over the state of the step before, so that a try that was broken
 * off anywhere leaves nothing that the next one builds on.
 */
export async function makeStep(
  server: TinkerServer,
  reduction: Reduction,
  opening: RunOpening,
  request: TrainStepRequest,
): Promise<void> {
  const begun = performance.now();
  const { run, step, training } = request;
  const root = opening.checkpointDir;
  // Like lengths together: a server pads the sequences of a request to the longest.
  const { samples: read } = await readBatchFile(request.batch, batchSchema);
  const samples = read.toSorted((a, b) => b.tokens.length - a.tokens.length);
  const parent = await readManifest(root, step - 1);
  const name = `${run.replaceAll(/[^A-Za-z0-9_-]/g, '_')}-${stepName(step)}`;
  const model = await createModel(server, {
    baseModel: opening.baseModel,
    rank: opening.loraRank,
    seed: opening.seed,
  });
  try {
    const state = parent?.manifest.state ?? null;
    if (state !== null) await loadState(model, state, step);
    const clip = { low: 1 - training.clipLow, high: 1 + training.clipHigh };
    const logprobs = await model.forwardBackward(dataOf(samples, training.loss, reduction), clip);
    const norm = await model.optimStep(training.learningRate);
    const made = await model.save(name);
    const archive = await model.exportAdapter(name);
    const metrics = {
      ...metricsOf(samples, logprobs, training),
      ...(norm === null ? {} : { grad_norm: norm }),
    };
    await publish(root, step, async (draft) => {
      await unpackAdapter(archive, join(draft, 'adapter'), {
        baseModel: opening.baseModel,
        rank: opening.loraRank,
        alpha: TINKER_LORA_ALPHA,
      });
      await writeFile(join(draft, 'metrics.json'), `${JSON.stringify(metrics)}\n`);
      const seconds = (performance.now() - begun) / 1000;
      await writeFile(join(draft, 'timings.json'), `${JSON.stringify({ seconds })}\n`);
      return { ...headOf(opening, request), state: made };
    });
    // Another worker's step was published: nothing will ever build on this state.
    const published = await readManifest(root, step);
    if (published?.manifest.state !== made) await deleteState(server, made);
  } finally {
    await model.unload();
  }
}

/** What a step is made of; the same again is the same step. */
export function headOf(opening: RunOpening, { run, step, parent, batch, training }: TrainStepRequest) {
  const { learningRate, loss, importance, clipLow, clipHigh } = training;
  return {
    format: 1,
    run,
    base_model: opening.baseModel,
    lora: {
      rank: opening.loraRank,
      alpha: TINKER_LORA_ALPHA,
      seed: opening.seed,
      target_modules: 'all-linear',
    },
    step,
    parent,
    batch_sha256: batch.sha256,
    trainer: 'tinker',
    options: { learning_rate: learningRate, loss, importance, clip_low: clipLow, clip_high: clipHigh },
  };
}

async function loadState(model: TinkerModel, state: string, step: number): Promise<void> {
  try {
    await model.load(state);
  } catch (error) {
    if (!(error instanceof SteadfastError) || error.type !== 'Trainer.Failed') throw error;
    const why = `step ${step} builds on the state ${state}, which its Tinker server does not give`;
    throw new SteadfastError('Trainer.Failed', `${why}: ${error.message}`, { cause: error });
  }
}
