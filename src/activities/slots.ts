import { sleep } from '@temporalio/activity';
import { SteadfastError } from '../domain/failures.ts';
import type { Sandbox } from '../ports/sandbox.ts';

/** How long an opening waits for a slot before it lets another host try; half of the activity's ten minutes. */
const PATIENCE_MS = 300_000;
const POLL_MS = 250;

/** A rollout's own sandbox, `…/<member>.<attempt>`; gradings open others beside it that take no slot. */
const ROLLOUT = /\/\d+\.\d+$/;

/** Counts the rollouts that a host holds: those that are open, and those that this process is opening. */
export function createSlots(slots: number, patienceMs: number = PATIENCE_MS) {
  const opening = new Set<string>();

  /** Waits for a free slot and holds it until `release`; from then on the open sandbox itself counts. */
  async function take(name: string, sandbox: Sandbox, signal: AbortSignal): Promise<{ release(): void }> {
    const until = Date.now() + patienceMs;
    for (;;) {
      signal.throwIfAborted();
      const open = await sandbox.list();
      const held = new Set([
        ...open.map((info) => info.name).filter((other) => ROLLOUT.test(other)),
        ...opening,
      ]);
      // No await between the count and the claim: two openings cannot both see the last slot free.
      if (held.has(name) || held.size < slots) {
        opening.add(name);
        return { release: () => opening.delete(name) };
      }
      if (Date.now() >= until) {
        throw new SteadfastError('Sandbox.Unavailable', `all ${slots} sandbox slots of this host are taken`, {
          retryAfterMs: 1000,
        });
      }
      await sleep(POLL_MS);
    }
  }

  return { take };
}
