import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { SteadfastError } from '../../../domain/failures.ts';
import { elsewhereSchema, refusalSchema, tryAgainSchema } from './answers.ts';

/** Of a request that asks for nothing to be computed. */
const ANSWER_MS = 60_000;

/** A future that is not there yet is asked for again; the server waits as long with its answer as it likes. */
const POLL_MS = 45_000;

/** An archive that is still being packed is asked for again, for five minutes; Tinker's own client gives it two and a half. */
const PACKING_MS = 15_000;
const PACKING_ASKS = 20;

/** What is sent to a Tinker server: JSON, or the bytes of a protobuf message. */
type TinkerBody = object | Uint8Array;

/** A server that speaks Tinker's API. What never arrived is `Trainer.Unreachable`: what it held may be gone. */
export interface TinkerServer {
  readonly baseUrl: string;
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  post<T>(path: string, body: TinkerBody, schema: z.ZodType<T>): Promise<T>;
  /** Deletes, or finds it gone. */
  remove(path: string): Promise<void>;
  /**
   * The bytes behind a redirect, which may lead to another host: the key stays with this one. While the server packs them
   * `waiting` is called now and then.
   */
  download(path: string, waiting: Waiting): Promise<Uint8Array>;
  /** Waits for what a request to `path` has asked for; `waiting` is called now and then. */
  result<T>(path: string, requestId: string, schema: z.ZodType<T>, waiting: Waiting): Promise<T>;
  /** The same, of a result that is a protobuf message. */
  resultBytes(path: string, requestId: string, waiting: Waiting): Promise<Uint8Array>;
}

type Waiting = () => Promise<void>;

interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly location: string | null;
  readonly isProto: boolean;
}

const PROTO = 'application/x-protobuf';

/** Speaks with the Tinker server at `baseUrl`. */
export function createTinkerServer(options: {
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** Between two asks for an archive that is being packed. */
  readonly packingMs?: number;
}): TinkerServer {
  const { baseUrl, apiKey, packingMs = PACKING_MS } = options;

  async function send(method: string, url: string, limitMs: number, body?: TinkerBody): Promise<Answer> {
    const headers = {
      accept: `${PROTO}, application/json`,
      ...(url.startsWith(`${baseUrl}/`) && apiKey !== null ? { 'x-api-key': apiKey } : {}),
      ...(body === undefined
        ? {}
        : { 'content-type': body instanceof Uint8Array ? PROTO : 'application/json' }),
    };
    const content = body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body);
    try {
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(limitMs),
        ...(content === undefined ? {} : { body: content as NonNullable<RequestInit['body']> }),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const location = response.headers.get('location');
      const isProto = response.headers.get('content-type')?.startsWith(PROTO) === true;
      return { status: response.status, bytes, location, isProto };
    } catch (error) {
      // Node's fetch says "fetch failed" and keeps the reason behind it.
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw unreachable(reason instanceof Error ? reason.message || reason.name : String(reason), error);
    }
  }

  function unreachable(why: string, cause?: unknown): SteadfastError {
    const hint = 'is it running, and is TINKER_BASE_URL right?';
    return new SteadfastError('Trainer.Unreachable', `The Tinker server at ${baseUrl}: ${why}; ${hint}`, {
      cause,
    });
  }

  /** Refusals as failures: of the key for good, of the moment to be asked again, else of the request. */
  function checked(path: string, answer: Answer): Answer {
    const { status, bytes } = answer;
    if (status < 400) return answer;
    const said = refusalOf(bytes);
    const what = `${path} was answered ${status}${said === '' ? '' : ` (${said})`}`;
    if (status === 401 || status === 403) {
      const hint = 'expected a key that it takes in TINKER_API_KEY';
      throw new SteadfastError(
        'Trainer.ModelUnavailable',
        `The Tinker server at ${baseUrl}: ${what}; ${hint}`,
      );
    }
    if (status === 429 || status >= 500) throw unreachable(what);
    throw new SteadfastError('Trainer.Failed', `The Tinker server at ${baseUrl}: ${what}`);
  }

  function read<T>(path: string, { bytes }: Answer, schema: z.ZodType<T>): T {
    const text = new TextDecoder().decode(bytes);
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`;
    throw new SteadfastError(
      'Trainer.Failed',
      `The Tinker server at ${baseUrl}: the answer to ${path} is ${text.slice(0, 200)}; expected another${where}`,
    );
  }

  const get: TinkerServer['get'] = async (path, schema) => {
    return read(path, checked(path, await send('GET', `${baseUrl}${path}`, ANSWER_MS)), schema);
  };

  const post: TinkerServer['post'] = async (path, body, schema) => {
    return read(path, checked(path, await send('POST', `${baseUrl}${path}`, ANSWER_MS, body)), schema);
  };

  async function remove(path: string): Promise<void> {
    const answer = await send('DELETE', `${baseUrl}${path}`, ANSWER_MS);
    if (answer.status !== 404) checked(path, answer);
  }

  async function download(path: string, waiting: Waiting): Promise<Uint8Array> {
    const named = await packed(path, waiting);
    const place = named.location ?? elsewhereIn(named);
    if (place === null) return named.bytes;
    const url = new URL(place, `${baseUrl}${path}`).href;
    return checked(path, await send('GET', url, ANSWER_MS * 10)).bytes;
  }

  /** The answer to a download, which is 503 for as long as the server packs. */
  async function packed(path: string, waiting: Waiting): Promise<Answer> {
    for (let asks = 1; ; asks++) {
      const answer = await send('GET', `${baseUrl}${path}`, ANSWER_MS);
      if (answer.status !== 503 || asks === PACKING_ASKS) return checked(path, answer);
      await sleep(packingMs);
      await waiting();
    }
  }

  async function awaited(path: string, requestId: string, waiting: Waiting): Promise<Answer> {
    for (;;) {
      const answer = await poll(requestId);
      if (answer !== null) return checked(path, answer);
      await waiting();
    }
  }

  /** The result of a request, or null while there is none. */
  async function poll(id: string): Promise<Answer | null> {
    const path = '/api/v1/retrieve_future';
    try {
      const answer = await send('POST', `${baseUrl}${path}`, POLL_MS, { request_id: id });
      if (answer.status === 408) return null;
      // A server that was begun anew, without what the last one remembered.
      if (answer.status === 404) throw unreachable(`it knows nothing of request ${id}`);
      const isWaiting = answer.status === 200 && !answer.isProto && isTryAgain(answer);
      return isWaiting ? null : answer;
    } catch (error) {
      const late =
        error instanceof Error && error.cause instanceof Error && error.cause.name === 'TimeoutError';
      if (late) return null;
      throw error;
    }
  }

  return {
    baseUrl,
    get,
    post,
    remove,
    download,
    result: async (path, id, schema, waiting) => read(path, await awaited(path, id, waiting), schema),
    resultBytes: async (path, id, waiting) => (await awaited(path, id, waiting)).bytes,
  };
}

function isTryAgain({ bytes }: Answer): boolean {
  return bytes.length < 1000 && tryAgainSchema.safeParse(jsonOf(new TextDecoder().decode(bytes))).success;
}

/** Where an answer that is JSON says that the bytes are; null for the bytes themselves. */
function elsewhereIn({ bytes }: Answer): string | null {
  if (bytes[0] !== '{'.charCodeAt(0)) return null;
  return elsewhereSchema.safeParse(jsonOf(new TextDecoder().decode(bytes))).data?.url ?? null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function refusalOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  const parsed = refusalSchema.safeParse(jsonOf(text));
  const said = parsed.success ? (parsed.data.detail ?? parsed.data.error) : undefined;
  return (typeof said === 'string' ? said : said === undefined ? text : JSON.stringify(said)).slice(0, 500);
}
