import type { z } from 'zod';
import { SteadfastError } from '../../../domain/failures.ts';
import { patientFetch } from '../../model/patient-fetch.ts';

/** Of a request that asks for nothing to be computed. */
const ANSWER_MS = 60_000;

/** What can have gone wrong before a request had left this machine. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

interface ArtAnswer {
  readonly status: number;
  readonly text: string;
}

/** A request; `limitMs` null waits for the answer for as long as it takes. */
interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly limitMs?: number | null;
}

/** Speaks JSON with an ART server. What never arrived is `Trainer.Unreachable`. */
export interface ArtWire {
  readonly baseUrl: string;
  /** Any answer, a refusal too. */
  send(ask: Ask): Promise<ArtAnswer>;
  /** A good answer of that shape; refusals are `Trainer.*`. */
  read<T>(ask: Ask, schema: z.ZodType<T>): Promise<T>;
  /** What a refusal means; null for a good answer. */
  refusalOf(ask: Ask, answer: ArtAnswer): SteadfastError | null;
  /** The body of a good answer; `Trainer.Failed` where it is of another shape. */
  parsed<T>(ask: Ask, answer: ArtAnswer, schema: z.ZodType<T>): T;
}

/** Speaks with the ART server at `baseUrl`; the key goes nowhere else, and into no message. */
export function createArtWire(options: {
  readonly baseUrl: string;
  readonly apiKey: string | null;
}): ArtWire {
  const { baseUrl, apiKey } = options;
  const at = `The ART server at ${baseUrl}`;

  async function send({ method, path, body, limitMs = ANSWER_MS }: Ask): Promise<ArtAnswer> {
    const content = body === undefined ? null : JSON.stringify(body);
    try {
      const response = await patientFetch(`${baseUrl}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
          ...(content === null
            ? {}
            : {
                'content-type': 'application/json',
                // Node frames no body of a DELETE by itself.
                'content-length': String(Buffer.byteLength(content)),
              }),
        },
        ...(content === null ? {} : { body: content }),
        ...(limitMs === null ? {} : { signal: AbortSignal.timeout(limitMs) }),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const why = error instanceof Error ? error.message || error.name : String(error);
      throw unreachable(redacted(why), error);
    }
  }

  function unreachable(why: string, cause?: unknown): SteadfastError {
    const hint = 'is it running, and is ART_BASE_URL right?';
    return new SteadfastError('Trainer.Unreachable', `${at}: ${why}; ${hint}`, { cause });
  }

  /** Of the key for good, of the moment to be asked again, else of the request. */
  function refusalOf({ method, path }: Ask, { status, text }: ArtAnswer): SteadfastError | null {
    if (status < 400) return null;
    const what = `${method} ${path} was answered ${status} (${redacted(text).slice(0, 500)})`;
    if (status === 401 || status === 403) {
      const hint = 'expected a key that it takes in WANDB_API_KEY';
      return new SteadfastError('Trainer.ModelUnavailable', `${at}: ${what}; ${hint}`);
    }
    if (status === 408 || status === 429 || status >= 500) return unreachable(what);
    return new SteadfastError('Trainer.Failed', `${at}: ${what}`);
  }

  function parsed<T>({ method, path }: Ask, { text }: ArtAnswer, schema: z.ZodType<T>): T {
    const result = schema.safeParse(jsonOf(text));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const where = issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`;
    const said = redacted(text).slice(0, 200);
    throw new SteadfastError(
      'Trainer.Failed',
      `${at}: the answer to ${method} ${path} is ${said}; expected another${where}`,
    );
  }

  async function read<T>(ask: Ask, schema: z.ZodType<T>): Promise<T> {
    const answer = await send(ask);
    const refusal = refusalOf(ask, answer);
    if (refusal !== null) throw refusal;
    return parsed(ask, answer, schema);
  }

  /** Some servers repeat the key in what they refuse; failures land in histories. */
  function redacted(text: string): string {
    return (apiKey === null ? text : text.replaceAll(apiKey, '[the key]')).toWellFormed();
  }

  return { baseUrl, send, read, refusalOf, parsed };
}

/** Whether a request cannot have reached the server. */
export function wasNeverSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && 'code' in cause && NEVER_SENT.includes(String(cause.code));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
