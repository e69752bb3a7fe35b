import { SteadfastError } from '../../domain/failures.ts';
import { registryOf } from '../../domain/image-name.ts';
import { statusOf, typed } from '../sandbox/docker/client.ts';

/** A daemon passes no `retry-after` on; a registry that counts by the hour or by six has room again in small parts. */
const RATE_WAIT_MS = 15 * 60_000;

const RATE = /toomanyrequests|too many requests|rate limit|rate exceeded/i;
const FULL = /no space left on device/i;
/** What a registry says for good, until somebody pushes the image or logs in. */
const REFUSED =
  /manifest unknown|name unknown|not found|does not exist|access denied|unauthorized|authentication required|no basic auth|\bdenied:|invalid reference|no matching manifest/i;
const LOGIN = /access denied|unauthorized|authentication required|no basic auth|\bdenied:/i;

/** What the daemon said in the middle of a pull. */
export class PullBrokeOff extends Error {}

/** The error of a pull, by the words that the daemon passes on from the registry. */
export function pullFailure(error: unknown, name: string): SteadfastError {
  if (error instanceof SteadfastError) return error;
  if (!(error instanceof PullBrokeOff) && statusOf(error) === null) return typed(error, name);
  const words = (error instanceof Error ? error.message : String(error))
    .replace(/^\(HTTP code \d+\) [a-z ]+ - /, '')
    .trim();
  const registry = registryOf(name);
  const options = { cause: error };
  if (RATE.test(words)) {
    const message = `The registry ${registry} gives no more images for now (${name}): ${words}`;
    return new SteadfastError('Sandbox.RateLimit', message, { ...options, retryAfterMs: RATE_WAIT_MS });
  }
  if (FULL.test(words)) {
    return new SteadfastError('Sandbox.DiskFull', `Docker's disk has no room for ${name}: ${words}`, options);
  }
  if (REFUSED.test(words)) {
    const advice = LOGIN.test(words) ? `; if it is there, log in: docker login ${registry}` : '';
    const message = `The registry ${registry} does not give the image ${name}: ${words}${advice}`;
    return new SteadfastError('Sandbox.ImageMissing', message, options);
  }
  return new SteadfastError('Sandbox.Unavailable', `The image ${name} was not pulled: ${words}`, options);
}
