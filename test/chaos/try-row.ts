import type { Outcome, Row, RowSession } from './row.ts';

/** A seed that was tried, and how it went. */
export interface Tried {
  readonly seed: number;
  readonly seconds: number;
  readonly outcome: Outcome;
}

/**
 * Tries seeds of a row in one session, as many at once as the row allows, until none is left or `goOn` says no; answers
 * how the session ended: empty, or why it could not be used or was not left clean.
 */
export async function tryRow(
  row: Row,
  seeds: readonly number[],
  goOn: () => boolean,
  tell: (tried: Tried) => void,
): Promise<string> {
  if (seeds.length === 0) return '';
  const problems: string[] = [];
  const session = await row.open();
  const queue = seeds.values();
  try {
    const width = Math.min(row.parallel ?? 1, seeds.length);
    const ended = await Promise.allSettled(
      Array.from({ length: width }, async () => await trySeeds(session, queue, goOn, tell)),
    );
    for (const one of ended) if (one.status === 'rejected') problems.push(String(one.reason));
  } finally {
    await session.close().catch((error: unknown) => problems.push(String(error)));
  }
  return problems.join('; ');
}

async function trySeeds(
  session: RowSession,
  queue: IterableIterator<number>,
  goOn: () => boolean,
  tell: (tried: Tried) => void,
): Promise<void> {
  for (const seed of queue) {
    if (!goOn()) return;
    const began = Date.now();
    const outcome = await session.attempt(seed);
    tell({ seed, seconds: (Date.now() - began) / 1000, outcome });
  }
}
