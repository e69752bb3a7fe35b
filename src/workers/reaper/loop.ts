import type { Logger } from 'pino';

/** Runs a body now and then, one at a time, until the returned function is called; what it throws is logged. */
export function everySoOften(
  what: string,
  everyMs: number,
  body: () => Promise<void>,
  logger: Logger,
): () => void {
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    body()
      .catch((error: unknown) => logger.warn({ reason: String(error) }, `${what} failed`))
      .finally(() => (isBusy = false));
  }, everyMs);
  return () => clearInterval(timer);
}
