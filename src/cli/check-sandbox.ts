import type { Config } from '../config.ts';
import type { SandboxChoice } from '../domain/run-config.ts';
import { told } from './errors.ts';
import { sandboxesOf } from './host-sandboxes.ts';

/**
 * Refuses what would wait for a sandbox that this machine does not have. With a Temporal server of the user's own the hosts
 * of sandboxes are elsewhere, and nothing is known of them here.
 */
export async function refuseWithoutSandbox(config: Config, choice: unknown): Promise<void> {
  if (config.temporalAddress !== null) return;
  try {
    // The input was checked before.
    await sandboxesOf(config).choose((choice ?? 'auto') as SandboxChoice);
  } catch (error) {
    throw told(error);
  }
}
