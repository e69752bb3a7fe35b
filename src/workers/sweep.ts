import type { Logger } from 'pino';
import type { Sandboxes } from '../activities/sandboxes.ts';
import type { HostSlots } from './host-slots.ts';

/** Whether a workflow runs; null where the server does not know it. */
export type AskRunning = (workflowId: string) => Promise<boolean | null>;

/** A minute without a rollout's slot is what a worker killed at the wrong moment costs. */
const EVERY_MS = 60_000;

/** `<run>/g-000042/<instance>/<member>.<attempt>`, with whatever names the sandboxes beside the rollout's own. */
const ROLLOUT = /^(.+\/g-\d{6}\/.+\/\d+\.\d+)(\/.*)?$/;

/** The workflow that a sandbox was opened for. */
export function ownerOf(sandbox: string): string | null {
  return ROLLOUT.exec(sandbox)?.[1] ?? /^(.+)\/judge\//.exec(sandbox)?.[1] ?? null;
}

/**
 * Closes what workflows that have ended left open on this host, and counts the slots that are taken. Sandboxes of
 * workflows that this server does not know are another installation's, and stay.
 */
export async function sweep(
  sandboxes: Sandboxes,
  slots: HostSlots,
  isRunning: AskRunning,
  logger: Logger,
): Promise<void> {
  // What is opened while this looks around is not in doubt.
  const doubted = slots.held();
  const taken = new Set<string>();
  for (const sandbox of await sandboxes.all()) {
    for (const { name } of await sandbox.list()) {
      const owner = ownerOf(name);
      const running = owner === null ? null : await isRunning(owner);
      if (running === false) {
        logger.info({ sandbox: name }, 'closing a sandbox whose workflow has ended');
        await sandbox.close(name);
      } else if (running === true && owner === name) {
        taken.add(name);
      }
    }
  }
  for (const rollout of doubted) if (!taken.has(rollout)) slots.release(rollout);
  for (const rollout of taken) slots.hold(rollout);
}

/** Sweeps now and then until the returned function is called. */
export function sweepRegularly(body: () => Promise<void>, logger: Logger): () => void {
  const timer = setInterval(() => {
    body().catch((error: unknown) => logger.warn({ reason: String(error) }, 'sweep failed'));
  }, EVERY_MS);
  return () => clearInterval(timer);
}
