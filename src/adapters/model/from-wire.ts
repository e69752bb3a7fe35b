import { SteadfastError } from '../../domain/failures.ts';
import type { Usage } from '../../domain/messages.ts';
import type { ModelResponse } from '../../ports/model.ts';
import { callsOf } from './tool-calls.ts';
import { type Fields, fieldsOf, textOf } from './wire-values.ts';

/** Finish reasons are words; what is longer is none, and would land in histories. */
const REASON_CHARACTERS = 40;

/** Reads a chat completion, leniently: what a model or a server wrote oddly is kept, what cannot be read is refused. */
export function readCompletion(
  body: unknown,
  of: { readonly baseUrl: string; readonly model: string; readonly callIdPrefix: string },
): ModelResponse {
  const fields = fieldsOf(body);
  const choice = fieldsOf(Array.isArray(fields?.['choices']) ? fields['choices'][0] : null);
  const message = fieldsOf(choice?.['message']);
  if (fields === null || choice === null || message === null) {
    const shown = (typeof body === 'string' ? body : (JSON.stringify(body) ?? 'nothing'))
      .slice(0, 200)
      .toWellFormed();
    throw new SteadfastError(
      'Model.BadResponse',
      `${of.baseUrl} answered what is not a chat completion: ${shown}`,
    );
  }
  const reasoning = textOf(message['reasoning_content']) || textOf(message['reasoning']);
  return {
    message: {
      role: 'assistant',
      content: textOf(message['content']) || textOf(message['refusal']),
      toolCalls: callsOf(message, of.callIdPrefix),
      ...(reasoning === '' ? {} : { reasoning }),
    },
    promptTokenIds: ids(fields['prompt_token_ids']) ?? ids(choice['prompt_token_ids']),
    completionTokenIds: ids(choice['token_ids']) ?? idsInText(fieldsOf(choice['logprobs'])),
    logprobs: logprobsOf(fieldsOf(choice['logprobs'])),
    finishReason: textOf(choice['finish_reason']).slice(0, REASON_CHARACTERS) || 'unknown',
    usage: usageOf(fieldsOf(fields['usage'])),
    model: textOf(fields['model']) || of.model,
  };
}

function ids(value: unknown): readonly number[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  return value.every((id): id is number => Number.isInteger(id)) ? value : null;
}

/** Servers that ART runs give a token's id in place of its text: `token_id:42`. */
function idsInText(logprobs: Fields | null): readonly number[] | null {
  const content: unknown = logprobs?.['content'];
  if (!Array.isArray(content)) return null;
  const texts = content.map((entry) => textOf(fieldsOf(entry)?.['token']));
  return ids(texts.map((text) => Number(/^token_id:(\d+)$/.exec(text)?.[1] ?? Number.NaN)));
}

function logprobsOf(logprobs: Fields | null): readonly number[] | null {
  const content: unknown = logprobs?.['content'];
  if (!Array.isArray(content) || content.length === 0) return null;
  const values = content.map((entry) => fieldsOf(entry)?.['logprob']);
  return values.every((value): value is number => Number.isFinite(value)) ? values : null;
}

function usageOf(usage: Fields | null): Usage | null {
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = usage ?? {};
  return isCount(promptTokens) && isCount(completionTokens) ? { promptTokens, completionTokens } : null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
