import type { Model, ModelRequest, ModelResponse } from '../../ports/model.ts';
import { checkModel } from './check-model.ts';
import { type Endpoint, createEndpoints } from './endpoints.ts';
import { readCompletion } from './from-wire.ts';
import { type Asked, isOverflow, isUnknownModel, modelError, refusalOf } from './refusal.ts';
import { type Optional, bodyOf, refusedParameter } from './request-shape.ts';
import { withListed } from './unknown-model.ts';
import { refusedInside } from './wire-error.ts';

export interface OpenAiModelOptions {
  /** Null where none is set; endpoints that need none are called without one. */
  readonly apiKey: string | null;
  /** The variable that the key comes from, for messages: OPENAI_API_KEY where none is named. */
  readonly keyName?: string;
  /** Base URL of the embedded policy server, for requests whose apiBase is null. */
  readonly policyUrl: string;
}

/** The port Model over any OpenAI-compatible endpoint, by the official client with its retries off. */
export function createOpenAiModel(options: OpenAiModelOptions): Model {
  const endpointAt = createEndpoints(options);
  const { apiKey, keyName, policyUrl } = options;

  async function sample(request: ModelRequest, signal?: AbortSignal): Promise<ModelResponse> {
    const endpoint = endpointAt(request.apiBase ?? policyUrl);
    const asked = { baseUrl: endpoint.baseUrl, model: request.model, apiKey, keyName };
    try {
      const spliced = request.messages.some((message) => message.role === 'assistant' && message.tokenIds);
      const ours = request.apiBase === null || (spliced && (await endpoint.isOurs(signal)));
      const body = await complete(endpoint, request, ours, signal);
      const callIdPrefix = `call_${request.messages.length}`;
      const response = readCompletion(body, { ...asked, callIdPrefix });
      const all = endpoint.refusedBy(request.model);
      const refused = (['temperature', 'seed'] as const).filter((name) => all.has(name));
      if (refused.length === 0) return response;
      // Logprobs of another temperature than was asked for are not those of the policy.
      const inexact = refused.includes('temperature') ? { logprobs: null } : {};
      return { ...response, ...inexact, refused };
    } catch (error) {
      throw await explained(error, endpoint, asked);
    }
  }

  async function check(model: string, apiBase: string | null, signal?: AbortSignal): Promise<void> {
    const endpoint = endpointAt(apiBase ?? policyUrl);
    try {
      await checkModel(endpoint, model, { embedded: apiBase === null, signal });
    } catch (error) {
      throw await explained(error, endpoint, { baseUrl: endpoint.baseUrl, model, apiKey, keyName });
    }
  }

  return { sample, check };
}

/** Asks, and asks again without each parameter that the endpoint names as one it does not take. */
async function complete(
  endpoint: Endpoint,
  request: ModelRequest,
  ours: boolean,
  signal?: AbortSignal,
): Promise<unknown> {
  const refused: Set<Optional> = endpoint.refusedBy(request.model);
  const endsAt = Date.now() + request.timeoutMs;
  for (;;) {
    try {
      const body = bodyOf(request, refused, ours);
      const answer = await endpoint.client.post<unknown>('/chat/completions', {
        body,
        timeout: Math.max(1, endsAt - Date.now()),
        ...(signal ? { signal } : {}),
      });
      const inside = refusedInside(answer);
      if (inside !== null) throw inside;
      return answer;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null || isOverflow(refusal) || isUnknownModel(refusal)) throw error;
      const parameter = refusedParameter(refusal, refused);
      if (parameter === null) throw error;
      refused.add(parameter);
    }
  }
}

async function explained(error: unknown, endpoint: Endpoint, asked: Asked): Promise<unknown> {
  return await withListed(modelError(error, asked), endpoint);
}
