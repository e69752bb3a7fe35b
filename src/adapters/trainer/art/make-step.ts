import { setTimeout as sleep } from 'node:timers/promises';
import { SteadfastError } from '../../../domain/failures.ts';
import type { RunOpening } from '../../../domain/run-opening.ts';
import type { TrainStepRequest } from '../../../ports/trainer.ts';
import { type Claim, claimPath, claimStep, dropClaim, nameJob, readClaim, touching } from './claims.ts';
import { readGroups } from './groups.ts';
import { publishMade } from './publish-made.ts';
import type { ArtModel, ArtServer, Outcome } from './server.ts';

/** How long what is not known is waited for. */
export interface Patience {
  /** Between two looks at ART. */
  readonly pollMs: number;
  /** For the step of a request whose answer nobody has, counted from when nobody waited for that answer any more. */
  readonly doubtMs: number;
  /** For the checkpoint of a job that has ended. */
  readonly appearMs: number;
}

/** ART's server, the run's model on it, and what of the run it makes a step of. */
export interface Making {
  readonly server: ArtServer;
  readonly model: ArtModel;
  readonly trainer: 'art' | 'art-local';
  readonly opening: RunOpening;
  readonly patience: Patience;
}

/**
 * Makes a step once: ART is asked what its newest step is before it is asked for another, the asking is written down before
 * it is done, and where its answer is lost ART's step is waited for and nothing is sent again.
 */
export async function makeStep(making: Making, request: TrainStepRequest): Promise<void> {
  const { server, model, opening } = making;
  const { run, step } = request;
  const root = opening.checkpointDir;
  const newest = await server.newestStep(model);
  const asked = await readClaim(root, step);
  if (newest === step) return await publishStep(making, request, asked?.claim ?? null, {});
  if (newest !== step - 1) {
    const why = `step ${step} of run ${run} builds on step ${step - 1}, and ART's model ${model.name} is at step ${newest}`;
    throw new SteadfastError('Trainer.Conflict', why);
  }
  const outcome = asked === null ? await askFor(making, request) : await again(making, step);
  await settle(making, request, outcome);
}

/** The first to ask; another worker that came a moment sooner is waited for. */
async function askFor(making: Making, request: TrainStepRequest): Promise<Outcome> {
  const { server, model, opening } = making;
  const { step, parent, batch, training } = request;
  const root = opening.checkpointDir;
  const groups = await readGroups(batch);
  const claim: Claim = { batch_sha256: batch.sha256, parent, job: null };
  if (!(await claimStep(root, step, claim))) return await again(making, step);
  return await touching(root, step, async () => {
    return await server.ask(
      model,
      { groups, training },
      async (job) => await nameJob(root, step, claim, job),
    );
  });
}

/** What was asked for before: its job is followed, where its name is known. */
async function again({ server, opening }: Making, step: number): Promise<Outcome> {
  const job = (await readClaim(opening.checkpointDir, step))?.claim.job ?? null;
  if (job !== null) return await server.follow(job);
  return { kind: 'lost', why: 'it was asked for by a worker that has not heard the answer' };
}

/** Publishes what was made, takes back what was not, and finds out what nobody knows. */
async function settle(making: Making, request: TrainStepRequest, outcome: Outcome): Promise<void> {
  const { server, model, opening, patience } = making;
  const { step } = request;
  const root = opening.checkpointDir;
  if (outcome.kind === 'lost') return await resolve(making, request, outcome.why);
  if (outcome.kind === 'refused') {
    if ((await server.newestStep(model)) !== step) {
      await dropClaim(root, step);
      throw outcome.error;
    }
  } else if (!(await appears(making, step))) {
    const waited = `for ${patience.appearMs / 1000} s after it said that the training had ended`;
    throw doubt(making, request, `ART shows no step ${step} ${waited}`);
  }
  const claim = (await readClaim(root, step))?.claim ?? null;
  await publishStep(making, request, claim, outcome.kind === 'ended' ? outcome.metrics : {});
}

async function appears({ server, model, patience }: Making, step: number): Promise<boolean> {
  for (const endsAt = Date.now() + patience.appearMs; ; await sleep(patience.pollMs)) {
    if ((await server.newestStep(model)) === step) return true;
    if (Date.now() > endsAt) return false;
  }
}

/** Looks for a step whose request may have arrived, for as long as somebody waits for its answer and a while longer. */
async function resolve(making: Making, request: TrainStepRequest, why: string): Promise<void> {
  const { server, model, opening, patience } = making;
  const { step } = request;
  const root = opening.checkpointDir;
  let touched: number | null = null;
  for (let endsAt = 0; ; await sleep(patience.pollMs)) {
    const asked = await readClaim(root, step);
    if ((await server.newestStep(model)) === step) {
      return await publishStep(making, request, asked?.claim ?? null, {});
    }
    // Whoever asked was refused meanwhile, or a person knows that it was not made.
    if (asked === null) throw new SteadfastError('Trainer.Unreachable', `${why}; it was taken back since`);
    if (asked.claim.job !== null) return await settle(making, request, await server.follow(asked.claim.job));
    if (asked.touched !== touched) endsAt = Date.now() + patience.doubtMs;
    touched = asked.touched;
    if (Date.now() > endsAt) throw doubt(making, request, why);
  }
}

function doubt(
  { server, model, opening }: Making,
  { run, step }: TrainStepRequest,
  why: string,
): SteadfastError {
  const file = claimPath(opening.checkpointDir, step);
  // What to do stands first: histories cut long messages.
  const what = `nobody knows whether ART makes step ${step} of run ${run}; ${model.name} is at step ${step - 1}`;
  const next = `Once it is at step ${step}, resume. Else ${server.advice} delete ${file} and resume`;
  return new SteadfastError('Trainer.Doubtful', `${what}. ${next}: the step is asked for again. (${why})`);
}

async function publishStep(
  making: Making,
  { step, parent, training }: TrainStepRequest,
  claim: Claim | null,
  metrics: Readonly<Record<string, number>>,
): Promise<void> {
  const { learningRate, loss, importance, clipLow, clipHigh, advantage } = training;
  const madeOf = {
    parent,
    // Of a step that this run knows nothing of, only ART knows what it was made of.
    batch_sha256: claim?.batch_sha256 ?? null,
    trainer: making.trainer,
    options: {
      learning_rate: learningRate,
      loss,
      importance,
      clip_low: clipLow,
      clip_high: clipHigh,
      advantage,
    },
  };
  await publishMade(making, step, madeOf, metrics);
  await dropClaim(making.opening.checkpointDir, step);
}
