import { setTimeout as sleep } from 'node:timers/promises';
import { SteadfastError } from '../../../domain/failures.ts';
import type { TrainingConfig } from '../../../domain/run-config.ts';
import { checkpointsSchema, deletedSchema, eventsSchema, jobSchema, modelSchema } from './answers.ts';
import { metricsOf } from './metrics.ts';
import type { ArtModel, ArtServer, ArtStep, Outcome } from './server.ts';
import { type ArtWire, wasNeverSent } from './wire.ts';

/** A batch of long conversations is tens of MB. */
const SEND_MS = 600_000;

/** Where W&B has its serverless ART. */
export const ART_SERVERLESS_URL = 'https://api.training.wandb.ai/v1';

/** ART's serverless API, which trains by jobs and samples each checkpoint under its own name. */
export function createServerlessArt(options: {
  readonly wire: ArtWire;
  /** Null for the key's own. */
  readonly entity: string | null;
  readonly project: string;
  readonly pollMs: number;
}): ArtServer {
  const { wire, entity, project, pollMs } = options;

  async function register(run: string, baseModel: string): Promise<ArtModel> {
    const body = { entity, project, name: run, base_model: baseModel, return_existing: true };
    const made = await wire.read({ method: 'POST', path: '/preview/models', body }, modelSchema);
    if (made.base_model !== baseModel) {
      const why = `model is ${JSON.stringify(baseModel)}, and ART has a model ${made.name} on ${made.base_model}`;
      throw new SteadfastError('Trainer.Conflict', `${why}; expected the same, or a run of another name`);
    }
    return { id: made.id, entity: made.entity, project: made.project, name: made.name, baseModel };
  }

  async function newestCheckpoint({ id }: ArtModel): Promise<number | null> {
    const path = `/preview/models/${id}/checkpoints?limit=1&order=desc`;
    return (await wire.read({ method: 'GET', path }, checkpointsSchema)).data[0]?.step ?? null;
  }

  async function ask(
    model: ArtModel,
    { groups, training }: ArtStep,
    accepted: (job: string) => Promise<void>,
  ): Promise<Outcome> {
    const body = {
      model_id: model.id,
      trajectory_groups: groups,
      experimental_config: { ...objectiveOf(training), learning_rate: training.learningRate },
    };
    const asked = { method: 'POST', path: '/preview/training-jobs', body, limitMs: SEND_MS } as const;
    let job: string;
    try {
      const answer = await wire.send(asked);
      const error = wire.refusalOf(asked, answer);
      if (error !== null) return isDoubtful(answer.status) ? lost(error) : { kind: 'refused', error };
      ({ id: job } = wire.parsed(asked, answer, jobSchema));
    } catch (error) {
      if (!(error instanceof SteadfastError)) throw error;
      return wasNeverSent(error) ? { kind: 'refused', error } : lost(error);
    }
    await accepted(job);
    return await follow(job);
  }

  async function follow(job: string): Promise<Outcome> {
    const updates: Readonly<Record<string, unknown>>[] = [];
    const path = `/preview/training-jobs/${encodeURIComponent(job)}/events`;
    for (let after: string | null = null; ; await sleep(pollMs)) {
      const query: string = after === null ? '' : `?after=${encodeURIComponent(after)}`;
      const asked = { method: 'GET', path: `${path}${query}` } as const;
      const answer = await wire.send(asked);
      if (answer.status === 404) return { kind: 'lost', why: `ART knows nothing of job ${job}` };
      const refusal = wire.refusalOf(asked, answer);
      if (refusal !== null) throw refusal;
      for (const { id, type, data } of wire.parsed(asked, answer, eventsSchema).data) {
        if (type === 'gradient_step') updates.push(data ?? {});
        if (type === 'training_ended') return { kind: 'ended', metrics: metricsOf(updates) };
        if (type === 'training_failed') return failed(job, data?.['error_message']);
        after = id;
      }
    }
  }

  async function deleteStep({ id }: ArtModel, step: number): Promise<void> {
    const path = `/preview/models/${id}/checkpoints`;
    await wire.read({ method: 'DELETE', path, body: { steps: [step] } }, deletedSchema);
  }

  return {
    register,
    newestStep: async (model) => (await newestCheckpoint(model)) ?? 0,
    ask,
    follow,
    async sampledAt(model, step) {
      const { entity: owner, project: of, name } = model;
      const whole = `wandb-artifact:///${owner}/${of}/${name}`;
      // Before anything was trained there may be no checkpoint that a version could name.
      const isVersioned = step > 0 || (await newestCheckpoint(model)) !== null;
      return { apiBase: wire.baseUrl, model: isVersioned ? `${whole}:step${step}` : whole, isVersioned };
    },
    serve: async () => await Promise.resolve(),
    deleteStep,
    advice: 'look at the model at W&B; where no job of it runs or is to come',
  };
}

/** The objective by ART's names, all that its client sends: what is ours, and what we leave as it is. */
export function objectiveOf({ importance, clipLow, clipHigh, advantage }: TrainingConfig) {
  return {
    advantage_balance: 0,
    epsilon: clipLow,
    epsilon_high: clipHigh,
    importance_sampling_level: importance,
    kimi_k2_tau: null,
    mask_prob_ratio: false,
    max_negative_advantage_importance_sampling_weight: null,
    ppo: true,
    precalculate_logprobs: false,
    scale_rewards: advantage === 'std',
  };
}

/** Whether a server that answers so may have taken the request: one of a gateway may come after it. */
export function isDoubtful(status: number): boolean {
  return status === 408 || status >= 500;
}

function lost(error: SteadfastError): Outcome {
  return { kind: 'lost', why: error.message };
}

function failed(job: string, said: unknown): Outcome {
  const why = typeof said === 'string' ? said : 'ART does not say why';
  const error = new SteadfastError(
    'Trainer.Failed',
    `ART's training job ${job} failed: ${why}`.slice(0, 1000),
  );
  return { kind: 'refused', error };
}
