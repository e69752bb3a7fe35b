import { APIError } from 'openai';
import { fieldsOf, textOf } from './wire-values.ts';

/** Finish reasons by which servers say, with status 200, that they broke off: DeepSeek, vLLM and SGLang, OpenRouter, z.AI. */
const BROKE_OFF = /^(error|abort(ed)?|insufficient_system_resource|network_error)$/;
/** z.AI's word for a context that is full. */
const OVERFLOWED = 'model_context_window_exceeded';

/**
 * What a status of 200 hides: an error in place of a completion, or one whose finish reason says that it is none. It is
 * treated as the status that it should have had; null where a completion is one.
 */
export function refusedInside(body: unknown): APIError | null {
  const fields = fieldsOf(body);
  const choice = fieldsOf(Array.isArray(fields?.['choices']) ? fields['choices'][0] : null);
  const error = fieldsOf(choice === null ? fields?.['error'] : choice['error']);
  if (error !== null) {
    const code = Number(error['code']);
    const status = Number.isInteger(code) && code >= 400 && code < 600 ? code : 502;
    return refused(status, textOf(error['message']) || JSON.stringify(error), error);
  }
  const reason = textOf(choice?.['finish_reason']);
  if (BROKE_OFF.test(reason)) return refused(503, `a completion that broke off: ${reason}`);
  if (reason === OVERFLOWED) return refused(400, reason, { code: 'context_length_exceeded' });
  return null;
}

function refused(status: number, message: string, error: Readonly<Record<string, unknown>> = {}): APIError {
  return APIError.generate(status, { error: { ...error, message } }, message, new Headers());
}
