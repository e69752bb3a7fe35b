import type { ModelRequest } from '../../ports/model.ts';
import type { Refusal } from './refusal.ts';
import { messageToWire, toolToWire } from './to-wire.ts';

/** Parameters that an endpoint may refuse; without them a completion is still a completion. */
const PARAMETERS = ['return_token_ids', 'logprobs', 'seed', 'temperature', 'max_tokens'] as const;
/** With the one field of messages that not every endpoint takes. */
const OPTIONAL = [...PARAMETERS, 'reasoning_content'] as const;
export type Optional = (typeof OPTIONAL)[number];

const REFUSED =
  /unknown|unrecogni[sz]ed|unsupported|not support|not permitted|not allowed|unexpected|extra (inputs|fields)|invalid|only the default/i;

/** How a refusal words that a limit is taken, but not one of this size: without it a reply would end at a default of theirs. */
const TOO_LARGE = /\brange\b|too (large|high|big)|greater than|exceed|maximum|at most|<=|less than/i;

/** The body of a chat completion request, without what the endpoint refuses; `ours` says that it takes our extensions. */
export function bodyOf(
  request: ModelRequest,
  refused: ReadonlySet<Optional>,
  ours: boolean,
): Record<string, unknown> {
  const parameters: Record<(typeof PARAMETERS)[number], unknown> = {
    return_token_ids: true,
    logprobs: true,
    seed: request.seed,
    temperature: request.temperature,
    max_tokens: request.maxTokens,
  };
  const sent = PARAMETERS.filter((name) => !refused.has(name)).map(
    (name) => [name, parameters[name]] as const,
  );
  // Ours splices the tokens themselves.
  const extras = { tokenIds: ours, reasoning: !ours && !refused.has('reasoning_content') };
  return {
    model: request.model,
    messages: request.messages.map((message) => messageToWire(message, extras)),
    ...(request.tools.length > 0 ? { tools: request.tools.map(toolToWire) } : {}),
    ...Object.fromEntries(sent),
    // The newer name of the same limit; some models know no other.
    ...(refused.has('max_tokens') ? { max_completion_tokens: request.maxTokens } : {}),
  };
}

/** The parameter that a refusal names as one that the endpoint does not take; null for any other refusal. */
export function refusedParameter(refusal: Refusal, refused: ReadonlySet<Optional>): Optional | null {
  if (refusal.status !== 400 && refusal.status !== 422) return null;
  const ofSize = TOO_LARGE.test(refusal.message);
  const left = OPTIONAL.filter((name) => !refused.has(name) && !(name === 'max_tokens' && ofSize));
  const named = left.find((name) => refusal.param.split('.').at(-1) === name);
  if (named !== undefined) return named;
  if (!REFUSED.test(refusal.message)) return null;
  return left.find((name) => new RegExp(`\\b${name}\\b`).test(refusal.message)) ?? null;
}
