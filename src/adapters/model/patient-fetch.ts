import http from 'node:http';
import https from 'node:https';
import { SteadfastError } from '../../domain/failures.ts';

/** No answer of a model is longer than this; an endless body ends here. */
const BODY_BYTES = 64 * 1024 * 1024;

/**
 * A fetch for slow models: Node's own gives up after 300 s without headers, this one waits as long as its signal lets
 * it. It reads the whole body before it answers, so that the caller's time limit covers the body too.
 */
export async function patientFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  const headers = Object.fromEntries(new Headers(init.headers));
  const options: https.RequestOptions = {
    method: init.method ?? 'GET',
    headers: { ...headers, 'accept-encoding': 'identity' },
    ...(init.signal ? { signal: init.signal } : {}),
  };
  const body = typeof init.body === 'string' ? init.body : undefined;
  return await new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? https.request : http.request;
    const request = send(url, options, (answer) => {
      read(answer, reject).then((text) => resolve(responseOf(answer, text)), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** `refuse` hears of an endless body before the request does, which would call it a connection that was lost. */
async function read(answer: http.IncomingMessage, refuse: (why: Error) => void): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES) {
      const why = new SteadfastError('Model.BadResponse', `the answer is longer than ${BODY_BYTES} bytes`);
      refuse(why);
      throw why;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function responseOf(answer: http.IncomingMessage, text: string): Response {
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headersDistinct)) {
    for (const item of value ?? []) headers.append(name, item);
  }
  const empty = status === 204 || status === 205 || status === 304;
  const body = status >= 400 ? withErrorObject(text) : text;
  if (body !== text) headers.set('content-type', 'application/json');
  return new Response(empty ? null : body, { status, headers });
}

/** The client reads nothing but `error` of a refusal; what other shapes say is moved there, so that it is not lost. */
function withErrorObject(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof body !== 'object' || body === null) return text;
  if ('error' in body && typeof body.error === 'object' && body.error !== null) return text;
  const said = 'error' in body ? body.error : 'message' in body ? body.message : undefined;
  const message = typeof said === 'string' ? said : text;
  return JSON.stringify({ error: { ...body, message } });
}
