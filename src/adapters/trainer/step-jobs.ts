import { SteadfastError } from '../../domain/failures.ts';
import { policyModel } from '../../domain/ids.ts';
import type { StepState, TrainStepRequest } from '../../ports/trainer.ts';
import { type Manifest, readManifest, readMetrics } from './checkpoints.ts';

/** A step in the making, and what it came to if it failed. */
interface Job {
  readonly request: TrainStepRequest;
  failure: SteadfastError | null;
  isRunning: boolean;
}

/** The steps that this process makes, whose callers look for them now and then. */
export interface StepJobs {
  /** Begins to make a step, unless it is being made; of another batch it is a conflict. */
  begin(request: TrainStepRequest, make: () => Promise<void>): StepState;
  /** What has become of a step, by what is published under `root`, and else by what its making came to. */
  stateOf(run: string, step: number, root: string): Promise<StepState>;
}

/** Keeps the steps of one process in memory: another one that dies leaves nothing here. */
export function createStepJobs(): StepJobs {
  const jobs = new Map<string, Job>();

  function begin(request: TrainStepRequest, make: () => Promise<void>): StepState {
    const { run, step, batch } = request;
    const under = jobs.get(policyModel(run, step));
    if (under?.isRunning !== true) start(request, make);
    else if (under.request.batch.sha256 !== batch.sha256) {
      throw new SteadfastError(
        'Trainer.Conflict',
        `step ${step} of run ${run} is being made of another batch`,
      );
    }
    return { state: 'running' };
  }

  function start(request: TrainStepRequest, make: () => Promise<void>): void {
    const job: Job = { request, failure: null, isRunning: true };
    jobs.set(policyModel(request.run, request.step), job);
    const making = async (): Promise<void> => {
      try {
        await make();
      } catch (error) {
        job.failure = failureOf(error);
      } finally {
        job.isRunning = false;
      }
    };
    void making();
  }

  async function stateOf(run: string, step: number, root: string): Promise<StepState> {
    const key = policyModel(run, step);
    const job = jobs.get(key);
    if (job?.isRunning === true) return { state: 'running' };
    jobs.delete(key);
    const published = await readManifest(root, step);
    if (published !== null) {
      // Another worker's step, made of another batch, came first.
      const isUnused = job !== undefined && job.request.batch.sha256 !== published.manifest.batch_sha256;
      return await doneState({ run, step, root, published, isUnused });
    }
    if (job?.failure?.type === 'Trainer.Failed' || job?.failure?.type === 'Trainer.Storage') {
      return { state: 'failed', type: job.failure.type, reason: job.failure.message };
    }
    if (job?.failure) throw job.failure;
    // Another process may have been making it, and may have died.
    throw new SteadfastError('Trainer.Unreachable', `nobody here makes step ${step} of run ${run}`);
  }

  return { begin, stateOf };
}

/** Throws `Trainer.Conflict` where a step was asked for on top of another than the one that is published before it. */
export async function requireParent(
  root: string,
  { run, step, parent }: Pick<TrainStepRequest, 'run' | 'step' | 'parent'>,
): Promise<void> {
  const found = (await readManifest(root, step - 1))?.sha256 ?? 'no manifest';
  if (found === parent) return;
  const why = `parent is ${parent}: step ${step - 1} of run ${run} has ${found}`;
  throw new SteadfastError('Trainer.Conflict', why);
}

/** The state of a step that is published; `isUnused` where it was made of another batch than was asked for. */
export async function doneState(of: {
  readonly run: string;
  readonly step: number;
  readonly root: string;
  readonly published: { readonly manifest: Manifest; readonly sha256: string };
  readonly isUnused: boolean;
}): Promise<Extract<StepState, { state: 'done' }>> {
  const { run, step, root, published, isUnused } = of;
  const metrics = { ...(await readMetrics(root, step)), ...(isUnused ? { 'batch/unused': 1 } : {}) };
  return {
    state: 'done',
    published: { step, manifest: published.sha256, model: policyModel(run, step) },
    metrics,
  };
}

function failureOf(error: unknown): SteadfastError {
  if (error instanceof SteadfastError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isFull =
    error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code));
  return new SteadfastError(isFull ? 'Trainer.Storage' : 'Trainer.Failed', message, { cause: error });
}
