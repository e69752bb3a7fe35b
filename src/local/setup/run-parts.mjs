import { setTimeout as sleep } from 'node:timers/promises';
import { holdLock } from './lock.mjs';
import { SetupError } from './process.mjs';

/**
 * Makes what is lacking, parts that don't wait for each other at the same time, and says one line for each.
 * @param {import('./context.mjs').Part[]} parts
 * @param {import('./context.mjs').Context} context
 * @param {(line: string) => void} say
 */
export async function runParts(parts, context, say) {
  const started = Date.now();
  const lacking = [];
  for (const part of parts) if (!(await part.check(context))) lacking.push(part);
  if (lacking.length === 0) {
    say(`set-up: all there (${seconds(started)})`);
    return;
  }
  say(`set-up: ${lacking.map((part) => part.name).join(', ')}`);
  const release = await holdLock(`${context.cache}/setup.lock`, (pid) =>
    say(`set-up: waiting for another one (process ${pid})`),
  );
  try {
    await makeAll(lacking, context, say);
  } finally {
    release();
  }
  say(`set-up: done in ${seconds(started)}`);
}

/**
 * @param {import('./context.mjs').Part[]} parts
 * @param {import('./context.mjs').Context} context
 * @param {(line: string) => void} say
 */
async function makeAll(parts, context, say) {
  /** @type {Map<string, Promise<void>>} */
  const going = new Map();
  const stopTicker = startTicker(going);
  /** @param {import('./context.mjs').Part} part */
  const make = async (part) => {
    await Promise.all((part.after ?? []).flatMap((name) => going.get(name) ?? []));
    const started = Date.now();
    // Another set-up may have made it while this one waited.
    if (await part.check(context)) return;
    say(`  ${await part.make(context)} in ${seconds(started)}`);
    if (!(await part.check(context))) throw new SetupError(`${part.name}: made, but still not there`);
  };
  for (const part of parts) {
    const made = make(part).finally(() => going.delete(part.name));
    // Left for allSettled below: without a handler here a failure beside another's wait would end the process.
    made.catch(() => undefined);
    going.set(part.name, made);
  }
  const results = await Promise.allSettled(going.values());
  stopTicker();
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const [first] = failures;
  if (first !== undefined)
    throw failures.length === 1 ? first : new SetupError([...new Set(failures.map(messageOf))].join('\n'));
}

/**
 * On a terminal, one line that says what is still being made.
 * @param {Map<string, unknown>} going
 */
function startTicker(going) {
  if (!process.stderr.isTTY) return () => undefined;
  const started = Date.now();
  const stop = new AbortController();
  const tick = async () => {
    while (!stop.signal.aborted) {
      process.stderr.write(`\r\x1b[K  … ${[...going.keys()].join(', ')} (${seconds(started)})\r`);
      await sleep(1000, undefined, { signal: stop.signal }).catch(() => undefined);
    }
    process.stderr.write('\r\x1b[K');
  };
  void tick();
  return () => stop.abort();
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof SetupError
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
}

/** @param {number} since */
function seconds(since) {
  const value = (Date.now() - since) / 1000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}
