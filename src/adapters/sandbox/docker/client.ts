import Docker from 'dockerode';
import { SteadfastError } from '../../../domain/failures.ts';
import { gone } from '../supervised.ts';

/** How long a daemon may take to answer that it is there. */
const PING_MS = 2000;
/**
 * How long a daemon may take over one call: creating and starting a container takes it a second, and many at once on a
 * slow disk some ten. One that takes a minute hangs, and may hang for ever.
 */
const CALL_MS = 60_000;
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);
/** How a daemon words that it is on its way down or up, or has lost its containerd. */
const NOT_ITSELF =
  /containerd|connection (refused|reset)|transport is closing|context canceled|shutting down|unexpected EOF/i;
/** How it words that a container has ended or is being removed. */
const ENDED = /is not running|marked for removal|is dead|removal of container|no such (container|exec)/i;

/** A client of the daemon that the environment names (DOCKER_HOST and its like), or of the usual socket. */
export function connect(): Docker {
  return new Docker();
}

/** Null when the daemon answers, or why it does not. */
export async function whyUnreachable(docker: Docker): Promise<string | null> {
  const ping = docker.ping().then(
    () => null,
    (error: unknown) => messageOf(error),
  );
  return await withLimit(ping, PING_MS, () => `no answer within ${PING_MS} ms`);
}

/** A call's answer, or `Sandbox.Unavailable` when the daemon has none within a minute; it may act on the call yet. */
export async function bounded<T>(call: Promise<T>, limitMs = CALL_MS): Promise<T> {
  const message = `The Docker daemon did not answer within ${limitMs / 1000} s`;
  return await withLimit(call, limitMs, () => {
    throw new SteadfastError('Sandbox.Unavailable', message);
  });
}

/** Turns what dockerode throws into errors of ours. */
export function typed(error: unknown, name: string): SteadfastError {
  if (error instanceof SteadfastError) return error;
  const message = messageOf(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const status = statusOf(error);
  // Without a status the connection broke; with one of 500 and more the daemon speaks of its own troubles.
  const lost = status === null ? UNREACHABLE.has(code) || message === 'socket hang up' : status >= 500;
  if (lost && (status === null || NOT_ITSELF.test(message))) return unavailable(message, error);
  if (message.includes('no space left on device')) {
    return new SteadfastError('Sandbox.DiskFull', `Docker's disk is full: ${message}`, { cause: error });
  }
  if (status === 404 && /no such image/i.test(message)) {
    return new SteadfastError('Sandbox.ImageMissing', `The image of ${name} is gone: ${message}`, {
      cause: error,
    });
  }
  if (status === 404 || (status !== null && status >= 409 && ENDED.test(message))) return gone(name, error);
  return new SteadfastError('Sandbox.Failed', `Docker failed for ${name}: ${message}`, { cause: error });
}

/** The error of a daemon that is down, or was while it was needed; a later try may find it up. */
export function unavailable(why: string, cause?: unknown): SteadfastError {
  return new SteadfastError('Sandbox.Unavailable', `The Docker daemon does not answer: ${why}`, { cause });
}

/** The HTTP status that the daemon answered with; null when it did not. */
export function statusOf(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : null;
}

/** The id of the image that the daemon has under a name, a digest or an id; null where it has none. */
export async function imageIdOf(docker: Docker, name: string): Promise<string | null> {
  try {
    return (await bounded(docker.getImage(name).inspect())).Id;
  } catch (error) {
    // 400: no name that an image can have, as a pull will say.
    if (statusOf(error) === 404 || statusOf(error) === 400) return null;
    throw error;
  }
}

async function withLimit<T>(call: Promise<T>, limitMs: number, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(late());
      } catch (error) {
        reject(error);
      }
    }, limitMs);
  });
  // What it says when nobody waits any more is nobody's error.
  call.catch(() => undefined);
  return await Promise.race([call, limit]).finally(() => clearTimeout(timer));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
