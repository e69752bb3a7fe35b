import { SteadfastError } from '../../domain/failures.ts';
import { policyVersionOf } from '../../domain/ids.ts';
import type { RunConfig } from '../../domain/run-config.ts';
import { openingOf } from '../../domain/run-opening.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { Model, ModelRequest, ModelResponse } from '../../ports/model.ts';
import type { Trainer } from '../../ports/trainer.ts';

/**
 * A model whose embedded server may be restarted while rollouts sample from it: the new process has loaded nothing and
 * knows no runs, so an unknown model of ours is loaded or its run opened again, once, before the refusal counts.
 */
export function createReopeningModel(options: {
  readonly model: Model;
  readonly trainer: Trainer;
  readonly artifacts: Artifacts;
}): Model {
  const { model, trainer, artifacts } = options;

  async function sample(request: ModelRequest, signal?: AbortSignal): Promise<ModelResponse> {
    try {
      return await model.sample(request, signal);
    } catch (error) {
      const unknown = error instanceof SteadfastError && error.type === 'Model.Unknown';
      if (!unknown || request.apiBase !== null) throw error;
      await reopen(request.model, signal);
      return await model.sample(request, signal);
    }
  }

  /** `<run>@<version>` belongs to a run, whose config.json says how to open it; another name is a base model. */
  async function reopen(name: string, signal?: AbortSignal): Promise<void> {
    const run = policyVersionOf(name)?.run ?? null;
    const text = run === null ? null : await artifacts.readRunFile(run, 'config.json');
    if (run === null || text === null) {
      await model.check(name, null, signal);
      return;
    }
    const opening = openingOf(run, JSON.parse(text) as RunConfig, artifacts);
    await trainer.openRun(opening, signal);
  }

  /** A policy version needs no loading of its own, but its run has to be open. */
  async function check(name: string, apiBase: string | null, signal?: AbortSignal): Promise<void> {
    const version = apiBase === null ? policyVersionOf(name) : null;
    const steps = version === null ? [] : await publishedSteps(artifacts, version.run);
    if (version === null || steps.length === 0) {
      await model.check(name, apiBase, signal);
      return;
    }
    if (!steps.includes(version.step)) {
      const few = steps.length <= 10 ? steps : [...steps.slice(0, 5), '…', ...steps.slice(-5)];
      const why = `run ${version.run} has no checkpoint of step ${version.step}; it has ${few.join(', ')}`;
      throw new SteadfastError('Model.Unknown', why);
    }
    await reopen(name, signal);
  }

  return { sample, check };
}

/** The steps that a run's checkpoints are of, in their order. */
async function publishedSteps(artifacts: Artifacts, run: string): Promise<number[]> {
  const files = await artifacts.listRunFiles(run, 'checkpoints');
  return files.flatMap((file) => {
    const step = /^step-(\d+)\/manifest\.json$/.exec(file)?.[1];
    return step === undefined ? [] : Number(step);
  });
}
