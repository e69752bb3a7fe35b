import type { ServerResponse } from 'node:http';

/** Shares of chat requests, in [0, 1], that fail in each way; which ones depends on the seed and the count alone. */
export interface Faults {
  readonly rateLimit?: number;
  readonly serverError?: number;
  readonly garbage?: number;
  readonly hangUp?: number;
  readonly seed?: number;
  /** Said with a 429. */
  readonly retryAfterSeconds?: number;
}

/** Spoils a response as the faults have it for the n-th request; false leaves it alone. */
export function spoil(response: ServerResponse, faults: Faults, n: number): boolean {
  const { rateLimit = 0, serverError = 0, garbage = 0, hangUp = 0, seed = 0, retryAfterSeconds = 1 } = faults;
  const drawn = draw(seed, n);
  if (drawn < rateLimit) {
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': String(retryAfterSeconds) });
    response.end(JSON.stringify({ error: { message: 'slow down', type: 'rate_limit_error' } }));
  } else if (drawn < rateLimit + serverError) {
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: 'something broke', type: 'server_error' } }));
  } else if (drawn < rateLimit + serverError + garbage) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"choices": [{"mess');
  } else if (drawn < rateLimit + serverError + garbage + hangUp) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"choices"');
    response.socket?.destroy();
  } else {
    return false;
  }
  return true;
}

function draw(seed: number, n: number): number {
  let t = Math.imul((seed + 1) ^ Math.imul(n + 1, 0x9e3779b1), 0x85ebca6b);
  t = Math.imul(t ^ (t >>> 13), 0xc2b2ae35);
  return ((t ^ (t >>> 16)) >>> 0) / 4294967296;
}
