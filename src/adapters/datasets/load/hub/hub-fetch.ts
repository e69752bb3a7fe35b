import { setTimeout as wait } from 'node:timers/promises';

/** Delays before the second and later tries: some seconds, for a hub that restarts or limits a burst. */
export const RETRY_DELAYS_MS: readonly number[] = [500, 1500, 4000, 8000];

/** The longest that a hub's `retry-after` is obeyed. */
const LONGEST_WAIT_MS = 60_000;

/**
 * A `fetch` that tries again what a passing fault may have caused (no answer, 429, 5xx), and sends the token to the hub
 * alone: not to the stores that it redirects to.
 */
export function createHubFetch(options: {
  readonly url: string;
  readonly token: () => Promise<string | null>;
  readonly delaysMs: readonly number[];
  readonly signal: AbortSignal | undefined;
}): typeof fetch {
  const { origin } = new URL(options.url);
  const { signal, delaysMs } = options;

  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    const token = url.origin === origin ? await options.token() : null;
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    for (let tried = 0; ; tried++) {
      const delay = delaysMs[tried];
      try {
        const response = await fetch(url, { ...init, headers, ...(signal ? { signal } : {}) });
        if (delay === undefined || !(response.status === 429 || response.status >= 500)) return response;
        await response.body?.cancel();
        await wait(Math.max(delay, retryAfterMs(response)), undefined, signal ? { signal } : {});
      } catch (error) {
        if (delay === undefined || signal?.aborted === true) throw error;
        await wait(delay, undefined, signal ? { signal } : {});
      }
    }
  };
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? '0');
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : 0;
}
