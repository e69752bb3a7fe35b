import Docker from 'dockerode';
import { SteadfastError } from '../../../domain/failures.ts';
import { gone } from '../supervised.ts';

/** How long a daemon may take to answer that it is there. */
const PING_MS = 2000;
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

/** A client of the daemon that the environment names (DOCKER_HOST and its like), or of the usual socket. */
export function connect(): Docker {
  return new Docker();
}

/** Null when the daemon answers, or why it does not. */
export async function whyUnreachable(docker: Docker): Promise<string | null> {
  const late = new Promise<string>((resolve) => {
    setTimeout(resolve, PING_MS, `no answer within ${PING_MS} ms`).unref();
  });
  const ping = docker.ping().then(
    () => null,
    (error: unknown) => messageOf(error),
  );
  return await Promise.race([ping, late]);
}

/** Turns what dockerode throws into errors of ours. */
export function typed(error: unknown, name: string): SteadfastError {
  if (error instanceof SteadfastError) return error;
  const message = messageOf(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (UNREACHABLE.has(code) && !(error instanceof Error && 'statusCode' in error)) {
    return new SteadfastError('Sandbox.Unavailable', `The Docker daemon does not answer: ${message}`, {
      cause: error,
    });
  }
  if (message.includes('no space left on device')) {
    return new SteadfastError('Sandbox.DiskFull', `Docker's disk is full: ${message}`, { cause: error });
  }
  const status = statusOf(error);
  if (status === 404 || (status === 409 && message.includes('is not running'))) return gone(name, error);
  return new SteadfastError('Sandbox.Failed', `Docker failed for ${name}: ${message}`, { cause: error });
}

/** The HTTP status that the daemon answered with; null when it did not. */
export function statusOf(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
