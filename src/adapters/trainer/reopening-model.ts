import { SteadfastError } from '../../domain/failures.ts';
import type { RunConfig } from '../../domain/run-config.ts';
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
      await reopen(request.model);
      return await model.sample(request, signal);
    }
  }

  /** `<run>@<version>` belongs to a run, whose config.json says how to open it; another name is a base model. */
  async function reopen(name: string): Promise<void> {
    const run = /^(.+)@\d+$/.exec(name)?.[1];
    const text = run === undefined ? null : await artifacts.readRunFile(run, 'config.json');
    if (run === undefined || text === null) {
      await model.check(name, null);
      return;
    }
    const config = JSON.parse(text) as RunConfig;
    await trainer.openRun({
      run,
      baseModel: config.model,
      checkpointDir: artifacts.runPath(run, 'checkpoints'),
      loraRank: config.training.loraRank,
      seed: config.seed,
    });
  }

  return { sample, check: (name, apiBase) => model.check(name, apiBase) };
}
