import { SteadfastError } from '../../domain/failures.ts';
import { patientFetch } from '../model/patient-fetch.ts';

/** What the policy server said: a body, or a refusal's message and code. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly message: string;
  readonly code: string | null;
}

/** A request, and how long its answer may take. */
export interface Ask {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly limitMs: number;
  /** Of a caller that may give up sooner; its reason is then what is thrown. */
  readonly signal?: AbortSignal;
}

/** Speaks JSON with a server. What never arrived, or came from something in between, is `Trainer.Unreachable`. */
export function createWire(baseUrl: string): (ask: Ask) => Promise<Answer> {
  return async ({ method, path, body, limitMs, signal: asker }) => {
    const limit = AbortSignal.timeout(limitMs);
    const signal = asker === undefined ? limit : AbortSignal.any([limit, asker]);
    const url = `${baseUrl.replace(/\/$/, '')}${path}`;
    try {
      const response = await patientFetch(url, {
        method,
        signal,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const read = JSON.parse(await response.text()) as unknown;
      const refusal = refusalOf(read, response.status);
      if ([502, 503, 504].includes(response.status)) throw new Error(`it answered ${refusal.message}`);
      return { status: response.status, body: read, ...refusal };
    } catch (error) {
      asker?.throwIfAborted();
      const cause: unknown = signal.aborted ? signal.reason : error;
      const why = cause instanceof Error ? cause.message || cause.name : String(cause);
      const hint = 'is it running (steadfast up), and is STEADFAST_POLICY_URL right?';
      throw new SteadfastError('Trainer.Unreachable', `The policy server at ${baseUrl}: ${why}; ${hint}`, {
        cause,
      });
    }
  };
}

/** Reads `{"error": {"message", "type", "code"}}`. */
function refusalOf(body: unknown, status: number): { message: string; code: string | null } {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : null;
  if (typeof error !== 'object' || error === null) return { message: `status ${status}`, code: null };
  const message =
    'message' in error && typeof error.message === 'string' ? error.message : `status ${status}`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return { message, code };
}
