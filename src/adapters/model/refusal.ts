import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { SteadfastError } from '../../domain/failures.ts';
import { textOf } from './wire-values.ts';

/** What an endpoint answered instead of a completion. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly param: string;
  readonly message: string;
  readonly headers: Headers | undefined;
}

/** The endpoint as error messages name it. */
export interface Asked {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: string | null;
  /** The variable that the key comes from. */
  readonly keyName?: string | undefined;
}

const OVERFLOW =
  /context[ _](length|window|size|limit)|max_model_len|maximum (model|prompt|allowed) length|too many tokens|(prompt|input|request) is too (long|large)|reduce the length|input token count.*exceeds|max_new_tokens.*must be <=|range of input length/i;
const NO_MODEL =
  /model\b.*\b(not found|does ?n[o']t exist|not exist|unknown|not available|not loaded)|unknown model/i;

const NO_TOOLS = /\btools?\b|tool[_-]?(choice|call)|function[ _-]call/i;

/** What the client threw as a refusal; null when there was no HTTP answer. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof APIError) || typeof error.status !== 'number') return null;
  const { status, message, headers } = error;
  // The client hands on whatever the server sent under these names.
  const { code, param }: { readonly code?: unknown; readonly param?: unknown } = error;
  return { status, code: textOf(code), param: textOf(param), message, headers };
}

/** Whether the prompt is longer than the model's context. */
export function isOverflow({ status, code, message }: Refusal): boolean {
  if (status === 413) return true;
  return (status === 400 || status === 422) && (code === 'context_length_exceeded' || OVERFLOW.test(message));
}

/** Whether the endpoint does not know the model. */
export function isUnknownModel({ status, code, message }: Refusal): boolean {
  if (status !== 404 && status !== 400 && status !== 422) return false;
  return code === 'model_not_found' || (status === 404 ? /\bmodel\b/i : NO_MODEL).test(message);
}

/** The typed error for anything that a call of the client may throw, except a cancellation, which passes. */
export function modelError(error: unknown, asked: Asked): unknown {
  if (error instanceof SteadfastError) return error;
  // What our own fetch refused, in the client's wrapping.
  if (error instanceof APIConnectionError && error.cause instanceof SteadfastError) return error.cause;
  const refusal = refusalOf(error);
  if (refusal !== null) return refusalError(refusal, asked);
  const { baseUrl, apiKey } = asked;
  if (error instanceof APIUserAbortError) return error;
  if (error instanceof APIConnectionTimeoutError) {
    return new SteadfastError('Model.Silent', `${baseUrl} gave no answer in time`);
  }
  const why = redacted(causes(error), apiKey);
  if (error instanceof APIConnectionError) {
    return new SteadfastError(
      'Model.Unreachable',
      `cannot reach ${baseUrl}: ${why}; is the server running, and is this its address?`,
    );
  }
  return new SteadfastError('Model.BadResponse', `${baseUrl} answered what is not JSON: ${why}`);
}

function refusalError(refusal: Refusal, asked: Asked): SteadfastError {
  const { baseUrl, model, apiKey, keyName = 'OPENAI_API_KEY' } = asked;
  const { status } = refusal;
  const said = redacted(refusal.message, apiKey);
  const answer = `${baseUrl} answered ${said}`;
  if (status === 401 || status === 403) {
    const what = apiKey === null ? `${keyName} is not set` : `the key in ${keyName} was refused`;
    return new SteadfastError('Model.Unauthorized', `${what}: ${answer}`);
  }
  if (isOverflow(refusal)) return new SteadfastError('Model.ContextOverflow', answer);
  if (isUnknownModel(refusal)) {
    return new SteadfastError('Model.Unknown', `no model ${JSON.stringify(model)} at ${baseUrl}: ${said}`);
  }
  const options = retryAfter(refusal.headers);
  if (status === 429) return new SteadfastError('Model.RateLimit', answer, options);
  if (status === 408 || status === 409 || status === 425 || status >= 500) {
    return new SteadfastError('Model.Unreachable', answer, options);
  }
  const hint =
    status === 404
      ? ' (does the base URL end as the endpoint expects it, mostly in /v1?)'
      : NO_TOOLS.test(refusal.message)
        ? ' (--tool-protocol text is for models without tool calls)'
        : '';
  return new SteadfastError('Model.BadRequest', `${answer}${hint}`);
}

/** An endpoint that asks for more patience than this is asked again all the same: its quota may be another by then. */
const LONGEST_RETRY_MS = 300_000;

/** `retry-after` in seconds or as a date, within bounds. */
function retryAfter(headers: Headers | undefined): { retryAfterMs?: number } {
  const ms = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  const text = headers?.get('retry-after') ?? '';
  const seconds = /^\s*\d/.test(text) ? Number.parseFloat(text) * 1000 : Date.parse(text) - Date.now();
  const delay = Number.isFinite(ms) ? ms : seconds;
  if (!Number.isFinite(delay) || delay <= 0) return {};
  return { retryAfterMs: Math.min(Math.ceil(delay), LONGEST_RETRY_MS) };
}

/** Some servers repeat the key in their refusal; failures land in histories, which take whole characters only. */
function redacted(text: string, apiKey: string | null): string {
  const told = apiKey === null || apiKey.length < 8 ? text : text.replaceAll(apiKey, '[the key]');
  return told.slice(0, 1000).toWellFormed();
}

function causes(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at instanceof Error && texts.length < 4; at = at.cause) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    const text = at.message.includes(code) ? at.message : `${code} ${at.message}`;
    if (text !== '' && !texts.includes(text)) texts.push(text);
  }
  return texts.join(': ') || String(error);
}
