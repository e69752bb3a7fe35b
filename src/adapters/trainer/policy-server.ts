import { SteadfastError } from '../../domain/failures.ts';
import { policyModel } from '../../domain/ids.ts';
import type { RunOpening } from '../../domain/run-opening.ts';
import { TRAINER_CAPABILITIES } from '../../domain/trainer-capabilities.ts';
import type { PublishedStep, StepState, Trainer, TrainStepRequest } from '../../ports/trainer.ts';
import { createWire, type Answer } from './wire.ts';

/**
 * How long answers may take. One that takes longer may be lost on its way, so the request is repeated, which joins the one
 * that is still worked on.
 */
export interface AnswerLimits {
  /** Of opening, one try after the other: loading a large model is one request, and may download it first. */
  readonly openMs: readonly number[];
  /** A batch is read and checked before the answer to it; the step is made afterwards. */
  readonly stepMs: number;
}

/** Two hours in all to open, as a lost answer is nearly always to a run that is open or soon will be. */
const LIMITS: AnswerLimits = {
  openMs: [1, 2, 4, 8, 16, 32, 60].map((minutes) => minutes * 60_000),
  stepMs: 60_000,
};

/** The port Trainer over the embedded policy server; `baseUrl` ends in /v1. */
export function createPolicyServerTrainer(options: {
  readonly baseUrl: string;
  readonly limits?: AnswerLimits;
}): Trainer {
  const send = createWire(options.baseUrl);
  const { openMs, stepMs: limitMs } = options.limits ?? LIMITS;

  async function openRun(opening: RunOpening, signal?: AbortSignal): Promise<PublishedStep> {
    const { run, baseModel, checkpointDir, loraRank, loraAlpha, seed, from } = opening;
    const body = {
      base_model: baseModel,
      checkpoint_dir: checkpointDir,
      lora: { rank: loraRank, seed, ...(loraAlpha === null ? {} : { alpha: loraAlpha }) },
      ...(from === null ? {} : { from }),
    };
    const answer = await patiently(openMs, async (limit) => {
      const path = runPath(run);
      return await send({ method: 'PUT', path, body, limitMs: limit, ...(signal ? { signal } : {}) });
    });
    // Held by a server that is about to end, or by another run that will.
    if (answer.code === 'run_in_use') throw new SteadfastError('Trainer.Unreachable', answer.message);
    if (answer.code === 'storage') throw new SteadfastError('Trainer.Storage', answer.message);
    if (answer.status === 409) throw new SteadfastError('Trainer.Conflict', answer.message);
    if ([400, 404, 422, 507].includes(answer.status)) {
      throw new SteadfastError('Trainer.ModelUnavailable', answer.message);
    }
    const { step, manifest_sha256: manifest } = bodyOf(answer);
    if (typeof step !== 'number' || typeof manifest !== 'string') throw garbled(answer);
    return { step, manifest, model: policyModel(run, step) };
  }

  async function startStep(request: TrainStepRequest): Promise<StepState> {
    const { run, step, parent, batch, training, temperature } = request;
    const body = {
      batch: { path: batch.path, sha256: batch.sha256 },
      parent,
      options: {
        learning_rate: training.learningRate,
        loss: training.loss,
        importance: training.importance,
        clip_low: training.clipLow,
        clip_high: training.clipHigh,
        kl_coefficient: training.klCoefficient,
        ...((training.stalenessBound ?? null) === null ? {} : { staleness_bound: training.stalenessBound }),
        temperature,
      },
    };
    const answer = await send({ method: 'PUT', path: stepPath(run, step), body, limitMs });
    if (answer.status === 409) return await adopt(run, step, answer.message);
    // A missing run is a restarted server, which is told of the run again; a missing parent stays missing.
    if (answer.status === 404 && answer.code === 'parent_not_found') {
      throw new SteadfastError('Trainer.Conflict', answer.message);
    }
    return stateOf(answer);
  }

  /** Another batch has made this step: what is published counts, and the batch at hand is unused. */
  async function adopt(run: string, step: number, why: string): Promise<StepState> {
    const state = await stepState(run, step);
    if (state.state !== 'done') throw new SteadfastError('Trainer.Conflict', why);
    return { ...state, metrics: { ...state.metrics, 'batch/unused': 1 } };
  }

  async function stepState(run: string, step: number): Promise<StepState> {
    return stateOf(await send({ method: 'GET', path: stepPath(run, step), limitMs }));
  }

  async function checkpoints(run: string): Promise<readonly number[]> {
    const answer = await send({ method: 'GET', path: `${runPath(run)}/checkpoints`, limitMs });
    // A restarted server, which is told of the run again.
    if (answer.status === 404) throw new SteadfastError('Trainer.Unreachable', answer.message);
    const { checkpoints: found } = bodyOf(answer);
    if (!Array.isArray(found)) throw garbled(answer);
    return found.map((one: unknown) => Number(objectOf(one)['step']));
  }

  async function deleteCheckpoint(run: string, step: number): Promise<void> {
    const answer = await send({ method: 'DELETE', path: `${runPath(run)}/checkpoints/${step}`, limitMs });
    if (answer.code === 'run_not_found') throw new SteadfastError('Trainer.Unreachable', answer.message);
    if (answer.status !== 404) bodyOf(answer);
  }

  return {
    capabilities: TRAINER_CAPABILITIES.embedded,
    openRun,
    startStep,
    stepState,
    checkpoints,
    deleteCheckpoint,
  };
}

/** Asks again, with a longer limit each time, while the limit is all that went wrong. */
async function patiently(
  limitsMs: readonly number[],
  ask: (limitMs: number) => Promise<Answer>,
): Promise<Answer> {
  for (const [index, limitMs] of limitsMs.entries()) {
    try {
      return await ask(limitMs);
    } catch (error) {
      const late =
        error instanceof Error && error.cause instanceof Error && error.cause.name === 'TimeoutError';
      if (!late || index === limitsMs.length - 1) throw error;
    }
  }
  throw new RangeError('expected a limit');
}

function runPath(run: string): string {
  return `/runs/${encodeURIComponent(run)}`;
}

function stepPath(run: string, step: number): string {
  return `${runPath(run)}/steps/${step}`;
}

/** Reads `{"state", "result", "error"}`. */
function stateOf(answer: Answer): StepState {
  // Unknown to this server, or beyond it this time: either way it is to be asked for again.
  if (answer.status === 404 || answer.status >= 500) {
    throw new SteadfastError('Trainer.Unreachable', answer.message);
  }
  const { state, result, error } = bodyOf(answer);
  if (state === 'running') return { state };
  if (state === 'failed') {
    const { code, message } = objectOf(error);
    const reason = typeof message === 'string' ? message : JSON.stringify(error);
    return { state, type: failureTypeOf(code), reason };
  }
  const { step, manifest_sha256: manifest, model, metrics } = objectOf(result);
  if (state !== 'done' || typeof step !== 'number') throw garbled(answer);
  if (typeof manifest !== 'string' || typeof model !== 'string') throw garbled(answer);
  return { state, published: { step, manifest, model }, metrics: numbersOf(metrics) };
}

function failureTypeOf(code: unknown): Extract<StepState, { state: 'failed' }>['type'] {
  if (code === 'out_of_memory') return 'Trainer.OutOfMemory';
  return code === 'storage' ? 'Trainer.Storage' : 'Trainer.Failed';
}

/** The object of a good answer; a refusal that nobody has read so far is a failure. */
function bodyOf(answer: Answer): Readonly<Record<string, unknown>> {
  if (answer.status >= 400) throw new SteadfastError('Trainer.Failed', answer.message);
  return objectOf(answer.body);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Metrics that are finite numbers; others have no place in a table. */
function numbersOf(metrics: unknown): Record<string, number> {
  const entries = Object.entries(objectOf(metrics));
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}

function garbled(answer: Answer): SteadfastError {
  const text = JSON.stringify(answer.body).slice(0, 200);
  return new SteadfastError('Trainer.Failed', `the policy server answered what is no step: ${text}`);
}
