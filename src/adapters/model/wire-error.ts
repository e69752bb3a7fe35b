import { APIError } from 'openai';
import { fieldsOf, textOf } from './wire-values.ts';

/** Some gateways answer 200 with an error inside; it is treated as the status that it names. */
export function refusedInside(body: unknown): APIError | null {
  const fields = fieldsOf(body);
  const error = fieldsOf(fields?.['error']);
  if (fields === null || error === null || 'choices' in fields) return null;
  const code = Number(error['code']);
  const status = Number.isInteger(code) && code >= 400 && code < 600 ? code : 502;
  const message = textOf(error['message']) || JSON.stringify(error);
  return APIError.generate(status, { error: { ...error, message } }, message, new Headers());
}
