import type { SandboxChoice } from '../domain/run-config.ts';
import type { Sandbox } from '../ports/sandbox.ts';

/** The sandbox adapters of this host. */
export interface Sandboxes {
  /** The adapter for a run's choice; throws `Sandbox.Unavailable` where the host has none. */
  choose(choice: SandboxChoice): Promise<Sandbox>;
  /** Every adapter that may hold a sandbox on this host. */
  all(): Promise<readonly Sandbox[]>;
}
