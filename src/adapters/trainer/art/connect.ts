import { SteadfastError } from '../../../domain/failures.ts';
import { createLocalArt } from './local.ts';
import { ART_SERVERLESS_URL, createServerlessArt } from './serverless.ts';
import type { ArtServer } from './server.ts';
import { createArtWire } from './wire.ts';

/** Between two looks at a training job, as ART's own client has it. */
const POLL_MS = 1000;

/** What the environment says of ART. */
export interface ArtSettings {
  /** Null for W&B's own, where the trainer is `art`. */
  readonly baseUrl: string | null;
  readonly apiKey: string | null;
  readonly entity: string | null;
  readonly project: string;
}

/** The ART server of a trainer; `Config.Invalid` where the environment does not say which. */
export function connectArt(trainer: 'art' | 'art-local', settings: ArtSettings, pollMs = POLL_MS): ArtServer {
  const { baseUrl, apiKey, entity, project } = settings;
  if (trainer === 'art-local') {
    if (baseUrl === null)
      throw missing(trainer, 'ART_BASE_URL', 'the address of an ART server, as http://gpu:7999');
    return createLocalArt({ wire: createArtWire({ baseUrl, apiKey: null }), project });
  }
  if (apiKey === null) throw missing(trainer, 'WANDB_API_KEY', 'a key of W&B');
  const wire = createArtWire({ baseUrl: baseUrl ?? ART_SERVERLESS_URL, apiKey });
  return createServerlessArt({ wire, entity, project, pollMs });
}

function missing(trainer: string, name: string, expected: string): SteadfastError {
  const why = `trainer is "${trainer}", and ${name} is not set where the trainer worker runs`;
  return new SteadfastError('Config.Invalid', `${why}; expected ${expected}`);
}
