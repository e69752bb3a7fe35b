import { SteadfastError } from '../../../domain/failures.ts';
import { anythingSchema, lineSchema, preparedSchema, servedSchema, stepSchema } from './answers.ts';
import { metricsOf } from './metrics.ts';
import type { ArtModel, ArtServer, ArtStep, Outcome, SampledAt } from './server.ts';
import { isDoubtful, objectiveOf } from './serverless.ts';
import { type ArtWire, createArtWire, wasNeverSent } from './wire.ts';

/** Loading a large model into a trainer and a sampler, with what has to be downloaded. */
const LOAD_MS = 2 * 3600_000;

/** The key of the sampler that ART starts where it is told of no other. */
export const ART_LOCAL_KEY = 'default';

/** ART's local server (0.4.11 to 0.5.0), which trains while a request is open and samples the newest step alone. */
export function createLocalArt(options: { readonly wire: ArtWire; readonly project: string }): ArtServer {
  const { wire, project } = options;
  /** By model; asked for where it is not known. */
  const addresses = new Map<string, string>();

  async function register(run: string, baseModel: string): Promise<ArtModel> {
    const model = { id: null, entity: null, project, name: run, baseModel };
    await wire.read({ method: 'POST', path: '/register', body: modelOnWire(model) }, anythingSchema);
    return model;
  }

  async function newestStep(model: ArtModel): Promise<number> {
    return await wire.read({ method: 'POST', path: '/_get_step', body: modelOnWire(model) }, stepSchema);
  }

  async function ask(model: ArtModel, { groups, training }: ArtStep): Promise<Outcome> {
    const {
      kimi_k2_tau: _tau,
      max_negative_advantage_importance_sampling_weight: _most,
      ...objective
    } = objectiveOf(training);
    const body = {
      model: modelOnWire(model),
      trajectory_groups: groups,
      config: { learning_rate: training.learningRate, beta: 0 },
      dev_config: objective,
      verbose: false,
    };
    const asked = { method: 'POST', path: '/_train_model', body, limitMs: null } as const;
    try {
      const answer = await wire.send(asked);
      const error = wire.refusalOf(asked, answer);
      if (error !== null) {
        return isDoubtful(answer.status) ? { kind: 'lost', why: error.message } : { kind: 'refused', error };
      }
      const lines = answer.text.split('\n').filter((line) => line !== '');
      return {
        kind: 'ended',
        metrics: metricsOf(lines.map((text) => wire.parsed(asked, { status: 200, text }, lineSchema))),
      };
    } catch (error) {
      if (!(error instanceof SteadfastError)) throw error;
      if (wasNeverSent(error)) return { kind: 'refused', error };
      return { kind: 'lost', why: error.message };
    }
  }

  /** Starts the sampler, unless it serves the model already: another start loads everything once more. */
  async function serve(model: ArtModel, before: SampledAt | null): Promise<void> {
    if (before !== null && (await isServed(model, before.apiBase))) {
      addresses.set(model.name, before.apiBase);
      return;
    }
    const body = { model: modelOnWire(model), config: null };
    const asked = { method: 'POST', path: '/_prepare_backend_for_training', body, limitMs: LOAD_MS } as const;
    const [url, key] = await wire.read(asked, preparedSchema);
    if (key !== ART_LOCAL_KEY) {
      const why = `The ART server at ${wire.baseUrl} samples by a key of its own`;
      throw new SteadfastError(
        'Trainer.ModelUnavailable',
        `${why}; expected "${ART_LOCAL_KEY}", its default`,
      );
    }
    addresses.set(model.name, reachable(url, wire.baseUrl));
  }

  async function sampledAt({ name }: ArtModel): Promise<SampledAt> {
    const apiBase = addresses.get(name);
    if (apiBase !== undefined) return await Promise.resolve({ apiBase, model: name, isVersioned: false });
    throw new SteadfastError('Trainer.Unreachable', `nobody has asked ART where it samples ${name}`);
  }

  return {
    register,
    newestStep,
    ask,
    follow: async () => await Promise.resolve({ kind: 'lost', why: 'a local server has no jobs' }),
    sampledAt,
    serve,
    deleteStep: async () => {
      await Promise.reject(
        new SteadfastError('Config.Invalid', 'keep_newest is set; expected none: ART keeps all'),
      );
    },
    advice: 'start the ART server again, which begins at its last checkpoint;',
  };
}

/** A model as ART's own client sends it. */
function modelOnWire({ name, project, entity, baseModel }: ArtModel) {
  return {
    name,
    project,
    entity,
    id: null,
    config: null,
    trainable: true,
    inference_api_key: null,
    inference_base_url: null,
    inference_model_name: null,
    base_model: baseModel,
    _internal_config: null,
  };
}

/** A sampler that listens on every interface says so in place of an address. */
function reachable(url: string, baseUrl: string): string {
  const address = new URL(url);
  if (address.hostname === '0.0.0.0') address.hostname = new URL(baseUrl).hostname;
  return address.href.replace(/\/+$/, '');
}

async function isServed({ name }: ArtModel, apiBase: string): Promise<boolean> {
  const sampler = createArtWire({ baseUrl: apiBase, apiKey: ART_LOCAL_KEY });
  try {
    const { data } = await sampler.read({ method: 'GET', path: '/models' }, servedSchema);
    return data.some(({ id }) => id === name);
  } catch (error) {
    if (error instanceof SteadfastError) return false;
    throw error;
  }
}
