import type { ModelRequest } from '../../ports/model.ts';
import type { Refusal } from './refusal.ts';
import { messageToWire, toolToWire } from './to-wire.ts';

/** Parameters that an endpoint may refuse; without them a completion is still a completion. */
const OPTIONAL = ['return_token_ids', 'logprobs', 'seed', 'temperature', 'max_tokens'] as const;
export type Optional = (typeof OPTIONAL)[number];

const REFUSED =
  /unknown|unrecogni[sz]ed|unsupported|not support|not permitted|not allowed|unexpected|extra (inputs|fields)|invalid|only the default/i;

/** The body of a chat completion request, without the parameters that the endpoint refuses. */
export function bodyOf(
  request: ModelRequest,
  refused: ReadonlySet<Optional>,
  withTokenIds: boolean,
): Record<string, unknown> {
  const optional: Record<Optional, unknown> = {
    return_token_ids: true,
    logprobs: true,
    seed: request.seed,
    temperature: request.temperature,
    max_tokens: request.maxTokens,
  };
  const sent = OPTIONAL.filter((name) => !refused.has(name)).map((name) => [name, optional[name]] as const);
  return {
    model: request.model,
    messages: request.messages.map((message) => messageToWire(message, withTokenIds)),
    ...(request.tools.length > 0 ? { tools: request.tools.map(toolToWire) } : {}),
    ...Object.fromEntries(sent),
    // The newer name of the same limit; some models know no other.
    ...(refused.has('max_tokens') ? { max_completion_tokens: request.maxTokens } : {}),
  };
}

/** The parameter that a refusal names as one that the endpoint does not take; null for any other refusal. */
export function refusedParameter(refusal: Refusal, refused: ReadonlySet<Optional>): Optional | null {
  if (refusal.status !== 400 && refusal.status !== 422) return null;
  const left = OPTIONAL.filter((name) => !refused.has(name));
  const named = left.find((name) => refusal.param.split('.').at(-1) === name);
  if (named !== undefined) return named;
  if (!REFUSED.test(refusal.message)) return null;
  return left.find((name) => new RegExp(`\\b${name}\\b`).test(refusal.message)) ?? null;
}
