import { SteadfastError } from '../../domain/failures.ts';
import { createEndpoints } from '../model/endpoints.ts';
import { modelError, refusalOf } from '../model/refusal.ts';

/** Reading an adapter from a shared disk, and copying it to a GPU. */
const LOAD_MS = 120_000;

/** One server that loads adapters by name, as vLLM does with VLLM_ALLOW_RUNTIME_LORA_UPDATING. */
export interface LoraReplica {
  /** Ends in /v1. */
  readonly url: string;
  /** Loads an adapter from a folder that the server reads itself; one that is there already is left as it is. */
  load(name: string, folder: string): Promise<void>;
  /** Takes an adapter away; one that is gone is no error. */
  unload(name: string): Promise<void>;
  /** The names that it serves. */
  listed(): Promise<readonly string[]>;
}

/** Speaks to one replica; errors are `Model.*`. */
export function createLoraReplica(url: string, apiKey: string | null): LoraReplica {
  const endpoint = createEndpoints({ apiKey })(url);
  const { client } = endpoint;

  async function load(name: string, folder: string): Promise<void> {
    try {
      const body = { lora_name: name, lora_path: folder };
      await client.post('/load_lora_adapter', { body, timeout: LOAD_MS });
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal?.status === 400 && /already/i.test(refusal.message)) return;
      throw explained(error, name);
    }
  }

  /** An adapter that the server cannot take now, or will never take, with what is to be done about it. */
  function explained(error: unknown, name: string): unknown {
    const refusal = refusalOf(error);
    const told = modelError(error, { baseUrl: url, model: name, apiKey });
    if (refusal === null || !(told instanceof SteadfastError)) return told;
    const { status, message } = refusal;
    if (status === 404 && !message.includes(name)) {
      const why = url.endsWith('/v1')
        ? 'does not load adapters; vLLM does with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and --enable-lora'
        : 'has no route that loads adapters; vLLM has it below /v1, which an address in STEADFAST_SAMPLER_URLS ends in';
      return new SteadfastError('Model.BadRequest', `${url} ${why}: ${message}`);
    }
    // A shared disk may show a new folder late.
    if (status === 404) return new SteadfastError('Model.Unreachable', told.message);
    return told;
  }

  async function unload(name: string): Promise<void> {
    try {
      const body = { lora_name: name };
      await client.post('/unload_lora_adapter', { body, timeout: LOAD_MS });
    } catch (error) {
      const status = refusalOf(error)?.status;
      if (status !== 404 && status !== 400) throw modelError(error, { baseUrl: url, model: name, apiKey });
    }
  }

  return { url, load, unload, listed: async () => (await endpoint.listed()) ?? [] };
}
