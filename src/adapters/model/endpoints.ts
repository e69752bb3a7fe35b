import OpenAI from 'openai';
import { patientFetch } from './patient-fetch.ts';
import { refusalOf } from './refusal.ts';
import type { Optional } from './request-shape.ts';
import { fieldsOf, textOf } from './wire-values.ts';

/** Of the question whether a model answers at all; loads and completions have limits of their own. */
const TIMEOUT_MS = 590_000;
const LIST_TIMEOUT_MS = 30_000;
/** An endpoint need not have a list, and a key that may sample need not be one that may list. */
const NO_LIST = new Set([400, 401, 403, 404, 405, 501]);

/** One base URL: its client, and what was learnt of it. */
export interface Endpoint {
  readonly baseUrl: string;
  readonly client: OpenAI;
  /** The parameters that it refused for a model. */
  refusedBy(model: string): Set<Optional>;
  /** Names of its models; null where it has no list. */
  listed(signal?: AbortSignal): Promise<readonly string[] | null>;
  /** Whether it takes our extensions: it says so in its list, as owner of its models. */
  isOurs(signal?: AbortSignal): Promise<boolean>;
}

/** Makes one Endpoint a base URL and keeps it. */
export function createEndpoints(options: { readonly apiKey: string | null }): (baseUrl: string) => Endpoint {
  const endpoints = new Map<string, Endpoint>();
  return (baseUrl) => {
    const known = endpoints.get(baseUrl) ?? createEndpoint(baseUrl, options);
    endpoints.set(baseUrl, known);
    return known;
  };
}

function createEndpoint(baseUrl: string, options: { readonly apiKey: string | null }): Endpoint {
  const client = new OpenAI({
    // The client demands a key; servers that need none ignore it.
    apiKey: options.apiKey ?? 'default',
    baseURL: baseUrl,
    maxRetries: 0,
    timeout: TIMEOUT_MS,
    fetch: patientFetch,
    logLevel: 'off',
  });
  const refused = new Map<string, Set<Optional>>();
  let ours: boolean | null = null;

  async function models(signal?: AbortSignal) {
    try {
      const body = await client.get<unknown>('/models', {
        timeout: LIST_TIMEOUT_MS,
        ...(signal ? { signal } : {}),
      });
      const data: unknown = fieldsOf(body)?.['data'];
      if (!Array.isArray(data)) return null;
      return data.map((entry: unknown) => {
        const model = fieldsOf(entry);
        return { id: textOf(model?.['id']), ownedBy: textOf(model?.['owned_by']) };
      });
    } catch (error) {
      const status = refusalOf(error)?.status;
      if (status !== undefined && NO_LIST.has(status)) return null;
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }

  return {
    baseUrl,
    client,
    refusedBy(model) {
      const set = refused.get(model) ?? new Set<Optional>();
      refused.set(model, set);
      return set;
    },
    listed: async (signal) => (await models(signal))?.map(({ id }) => id) ?? null,
    async isOurs(signal) {
      ours ??= (await models(signal))?.some(({ ownedBy }) => ownedBy === 'steadfast') ?? false;
      return ours;
    },
  };
}
