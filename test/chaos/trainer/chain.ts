import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { createTrainingActivities } from '../../../src/activities/train-step.ts';
import { type AnswerLimits, createPolicyServerTrainer } from '../../../src/adapters/trainer/policy-server.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { TRAINING } from '../../support/training.ts';

/** As workflows/activities.ts has it for train steps. */
const RETRY = { firstMs: 1000, longestMs: 30_000, attempts: 8 };

/** A step that was answered, and what its checkpoint's timings were then: they change if it is made once more. */
export interface AnsweredStep {
  readonly step: number;
  readonly manifest: string;
  readonly timings: string | null;
}

/** A run whose steps are made one after the other by the activity that a workflow would call. */
export interface Chain {
  /** Folder of its checkpoints. */
  readonly folder: string;
  readonly answered: readonly AnsweredStep[];
  /** Makes the next step; `onRetry` hears why an attempt of the activity failed that Temporal would make again. */
  step(batch: string, onRetry?: (failure: ApplicationFailure) => Promise<void>): Promise<AnsweredStep>;
  /** Asks for a step that was made already, as an attempt would that was thought dead. */
  again(step: number, batch: string): Promise<AnsweredStep>;
}

/** Opens a run on the policy server at the port. */
export async function openChain(
  { artifacts, model }: { readonly artifacts: Artifacts; readonly model: string },
  options: { readonly run: string; readonly port: number; readonly limits?: AnswerLimits },
): Promise<Chain> {
  const { run, port, ...limits } = options;
  const trainer = createPolicyServerTrainer({ baseUrl: `http://127.0.0.1:${port}/v1`, ...limits });
  const { openTraining, trainStep } = createTrainingActivities({
    artifacts,
    trainers: { embedded: trainer, tinker: trainer, art: trainer, 'art-local': trainer },
  });
  const config = await artifacts.putJson({
    run,
    model,
    seed: 7,
    agent: { temperature: 1 },
    training: TRAINING,
  });
  const folder = artifacts.runPath(run, 'checkpoints');
  const opened = await retried(async () => await activityEnvironment().run(openTraining, { run, config }));
  const answered: AnsweredStep[] = [await seen(0, opened.manifest)];

  async function seen(step: number, manifest: string): Promise<AnsweredStep> {
    return { step, manifest, timings: await timingsOf(folder, step) };
  }

  async function made(
    step: number,
    batch: string,
    onRetry?: (failure: ApplicationFailure) => Promise<void>,
  ): Promise<AnsweredStep> {
    const parent = answered[step - 1]?.manifest ?? '';
    const input = { run, step, config, parent, batch };
    const { manifest } = await retried(
      async () => await activityEnvironment().run(trainStep, input),
      onRetry,
    );
    return await seen(step, manifest);
  }

  return {
    folder,
    answered,
    async step(batch, onRetry) {
      const step = await made(answered.length, batch, onRetry);
      answered.push(step);
      return step;
    },
    again: async (step, batch) => await made(step, batch),
  };
}

/** What the timings of a checkpoint say; null when it is not published. */
export async function timingsOf(folder: string, step: number): Promise<string | null> {
  return await readFile(join(folder, stepName(step), 'timings.json'), 'utf8').catch(() => null);
}

/** `step-0012`. */
export function stepName(step: number): string {
  return `step-${String(step).padStart(4, '0')}`;
}

/** Carries out an activity as Temporal would: again after a growing wait, unless its failure says that this is useless. */
async function retried<T>(
  activity: () => Promise<T>,
  onRetry?: (failure: ApplicationFailure) => Promise<void>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await activity();
    } catch (error) {
      const useless = !(error instanceof ApplicationFailure) || error.nonRetryable === true;
      if (useless || attempt >= RETRY.attempts) throw error;
      if (onRetry) await onRetry(error);
      await sleep(Math.min(RETRY.longestMs, RETRY.firstMs * 2 ** (attempt - 1)));
    }
  }
}
