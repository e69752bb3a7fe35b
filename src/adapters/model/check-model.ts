import { SteadfastError } from '../../domain/failures.ts';
import type { Endpoint } from './endpoints.ts';
import { refusalOf } from './refusal.ts';

/** Loading may download the weights first. Asked again, the server joins the loading that is under way. */
const LOAD_MS = 2 * 3600_000;

/** What a check knows besides endpoint and model. */
interface Check {
  readonly embedded: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Refuses a model that cannot be sampled, before anything costly begins. The embedded server is told to load it; other
 * endpoints are asked for their list, and where that leaves the model out, or there is none, for one token.
 */
export async function checkModel(endpoint: Endpoint, model: string, check: Check): Promise<void> {
  const { embedded, signal } = check;
  if (embedded && (await load(endpoint, model, signal))) return;
  const listed = await endpoint.listed(signal);
  if (listed?.length === 0 || listed?.includes(model)) return;
  await probe(endpoint, model, signal);
}

/** False where the server at this address does not load models. */
async function load(endpoint: Endpoint, model: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const body = { model };
    await endpoint.client.post<unknown>('/models/load', { body, timeout: LOAD_MS, signal });
    return true;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null || refusal.status === 401 || refusal.status === 403 || refusal.status === 429)
      throw error;
    const { status, message } = refusal;
    if ((status === 404 || status === 405) && !message.includes(model)) return false;
    if (status >= 500 && status !== 507) throw error;
    throw new SteadfastError(
      'Model.Unknown',
      `the policy server cannot load ${JSON.stringify(model)}: ${message}`,
    );
  }
}

/** A list may leave out what an endpoint serves by an alias; only an answer tells. */
async function probe(endpoint: Endpoint, model: string, signal?: AbortSignal): Promise<void> {
  try {
    const messages = [{ role: 'user', content: 'Say ok.' }];
    const body = { model, messages, max_tokens: 1 };
    await endpoint.client.post<unknown>('/chat/completions', { body, signal });
  } catch (error) {
    const status = refusalOf(error)?.status;
    // Refused for another reason than the model's name: a limit of one token, say.
    if (status === 400 || status === 422) {
      const text = refusalOf(error)?.message ?? '';
      if (!/model/i.test(text) || /max_(completion_)?tokens/.test(text)) return;
    }
    throw error;
  }
}
