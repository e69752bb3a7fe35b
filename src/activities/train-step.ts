import { ApplicationFailure, Context, sleep } from '@temporalio/activity';
import { SteadfastError } from '../domain/failures.ts';
import { policyModel } from '../domain/ids.ts';
import type { RunConfig } from '../domain/run-config.ts';
import { openingOf } from '../domain/run-opening.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { PublishedStep, StepState, Trainer, Trainers, TrainStepRequest } from '../ports/trainer.ts';
import type { PolicyStep, TrainerActivities } from './contract-trainer.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { readConfig } from './stored.ts';
import { trainerOf } from './trainer-of.ts';

/** A step of a small policy takes half a second, one of a large policy hours: the wait grows from one to the other. */
const POLL = { firstMs: 200, longestMs: 2000, growth: 1.3 };

/** A step that failed is made once more: a lost device may have come back. */
const TRIES = 2;

/**
 * A trainer that dies is back within seconds, so it is asked often; the attempt ends once it was away for so long in all,
 * so that the wait is seen from outside, and a trainer that dies of this very step is left in peace for longer and longer.
 */
const AWAY = { everyMs: 250, longestMs: 60_000 };

type Ended = Exclude<StepState, { state: 'running' }>;

/** The activities that move a run's policy on. */
export function createTrainingActivities(deps: {
  readonly artifacts: Artifacts;
  readonly trainers: Trainers;
}): Pick<TrainerActivities, 'openTraining' | 'trainStep'> {
  const { artifacts, trainers } = deps;

  /** Opening again changes nothing; a trainer that was restarted has forgotten its runs. */
  async function open(run: string, config: RunConfig, signal: AbortSignal): Promise<PublishedStep> {
    const trainer = trainerOf(config, trainers);
    return await trainer.openRun(openingOf(run, config, artifacts), signal);
  }

  async function openTraining(input: { readonly run: string; readonly config: string }): Promise<PolicyStep> {
    return await heartbeatWhile(async (signal) => {
      return policyStepOf(
        input.run,
        await open(input.run, await readConfig(artifacts, input.config), signal),
      );
    });
  }

  async function trainStep(
    input: Parameters<TrainerActivities['trainStep']>[0],
  ): ReturnType<TrainerActivities['trainStep']> {
    return await heartbeatWhile(async (signal) => {
      const config = await readConfig(artifacts, input.config);
      const request = {
        run: input.run,
        step: input.step,
        parent: input.parent,
        batch: { path: artifacts.blobPath(input.batch), sha256: input.batch },
        training: config.training,
        temperature: config.agent.temperature,
      };
      const made = await stepOf(async (heard) => {
        await open(input.run, config, signal);
        return await untilEnded(trainerOf(config, trainers), request, heard);
      }, request);
      return { ...policyStepOf(input.run, made.published), metrics: made.metrics };
    });
  }

  return { openTraining, trainStep };
}

/** Asks for a step and waits for it, across deaths of the trainer. */
async function stepOf(
  ask: (heard: () => void) => Promise<Ended>,
  { run, step }: TrainStepRequest,
): Promise<Extract<StepState, { state: 'done' }>> {
  let failed: Extract<StepState, { state: 'failed' }> | null = null;
  for (let tries = 0; tries < TRIES; tries++) {
    const ended = await whileAway(ask);
    if (ended.state === 'done') return ended;
    failed = ended;
    // Room on a disk is made by people, and takes them longer than a second try.
    if (failed.type === 'Trainer.Storage') throw new SteadfastError(failed.type, failed.reason);
  }
  const why = `Step ${step} of run ${run} failed: ${failed?.reason ?? ''}`;
  throw ApplicationFailure.nonRetryable(why, failed?.type ?? 'Trainer.Failed');
}

/** Asks anew, from the opening of the run, whenever the trainer is lost; `heard` is called at each of its answers. */
async function whileAway<T>(ask: (heard: () => void) => Promise<T>): Promise<T> {
  let heardAt = Date.now();
  let awayMs = 0;
  const heard = (): void => {
    heardAt = Date.now();
  };
  for (;;) {
    try {
      return await ask(heard);
    } catch (error) {
      if (!(error instanceof SteadfastError) || error.type !== 'Trainer.Unreachable') throw error;
      awayMs += Date.now() - heardAt;
      if (awayMs > AWAY.longestMs) throw error;
      heard();
      await sleep(AWAY.everyMs);
    }
  }
}

async function untilEnded(trainer: Trainer, request: TrainStepRequest, heard: () => void): Promise<Ended> {
  let state = await started(trainer, request);
  heard();
  for (let waitMs = POLL.firstMs; state.state === 'running'; waitMs *= POLL.growth) {
    await sleep(Math.min(waitMs, POLL.longestMs));
    Context.current().cancellationSignal.throwIfAborted();
    state = await trainer.stepState(request.run, request.step);
    heard();
  }
  return state;
}

/** A refused batch is refused again however often it is sent. */
async function started(trainer: Trainer, request: TrainStepRequest): Promise<StepState> {
  try {
    return await trainer.startStep(request);
  } catch (error) {
    if (!(error instanceof SteadfastError) || error.type !== 'Trainer.Failed') throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.type);
  }
}

function policyStepOf(run: string, { step, manifest }: PublishedStep): PolicyStep {
  return { step, manifest, policy: { version: step, model: policyModel(run, step), apiBase: null } };
}
