import type { Artifacts } from '../ports/artifacts.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import type { SandboxState } from './contract-sandbox.ts';

/** Of a snapshot: it is written, read and sent once a tool call at worst. What is larger is lost with its host. */
export const SNAPSHOT_BYTES = 128 * 1024 * 1024;

/** The rollout whose state is kept, and the sandbox that holds it. */
export interface StateOwner {
  readonly artifacts: Artifacts;
  readonly sandbox: Sandbox;
  /** The sandbox's name. */
  readonly name: string;
  readonly run: string;
  readonly rollout: string;
  /** Whether no other attempt can have taken over. */
  readonly isCurrent: () => boolean;
}

/** The fingerprint of a state. */
function fingerprintOf(state: SandboxState): string {
  return state.kind === 'start' ? 'start' : state.fingerprint;
}

/**
 * The state after a command, kept off the host where it differs from the one before; null as fingerprint says that
 * nothing was run. Only the snapshots of the two stay: a retry of this call needs the first, what follows the second.
 */
export async function keptState(
  owner: StateOwner,
  before: SandboxState,
  fingerprint: string | null,
): Promise<SandboxState> {
  if (fingerprint === null || fingerprint === fingerprintOf(before)) return before;
  if (fingerprint === 'start') return { kind: 'start' };
  const { artifacts, sandbox, name, run, rollout, isCurrent } = owner;
  const snapshot = await sandbox.snapshot(name, SNAPSHOT_BYTES);
  if (snapshot === null) return { kind: 'too_large', fingerprint };
  const sha256 = await artifacts.putSnapshot(run, rollout, snapshot.archive);
  // An attempt that was frozen may find the sandbox in a later state, the snapshot of which others need.
  if (before.kind === 'kept' && isCurrent()) {
    await artifacts.dropSnapshots(run, rollout, [before.sha256, sha256]);
  }
  return { kind: 'kept', fingerprint: snapshot.fingerprint, sha256 };
}
