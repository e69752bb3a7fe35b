import { sandboxName } from './ids.ts';

/** Whose a sandbox is, as far as its name tells. */
export interface SandboxClaim {
  /** The workflow that it was opened for. */
  readonly owner: string;
  readonly kind: 'rollout' | 'grade' | 'judge' | 'helper';
  /** The rollout's sandbox that it is, or stands beside; null for the quality filter's. */
  readonly sandbox: string | null;
  /** Of the rollout's sandbox; 0 for the quality filter's. */
  readonly epoch: number;
}

/** What the server says of an owner; the memo is what a rollout says of the sandbox that it uses. */
export type OwnerState =
  | {
      readonly kind: 'running';
      readonly memo: { readonly sandbox: string; readonly hostQueue: string } | null;
    }
  | { readonly kind: 'ended' }
  /** No workflow of that id: another installation's, or forgotten. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreachable' };

/** A sandbox that was found on a host. */
export interface FoundSandbox {
  readonly name: string;
  readonly createdAt: string;
  readonly deadline: string;
  /** The host whose worker opened it; null where no lease here says. */
  readonly openedBy: string | null;
}

/** `keep` renews the lease, `end` ends it now, `leave` does neither. */
export interface SandboxVerdict {
  readonly verdict: 'keep' | 'end' | 'leave';
  readonly reason: string;
}

/** `<run>/g-000042/<instance>/<member>.<attempt>`, `~<epoch>`, then whatever stands beside the rollout's own. */
const ROLLOUT = /^(.+\/g-\d{6}\/.+\/\d+\.\d+)(?:~(\d+))?(\/.*)?$/;

/** An opening takes ten minutes at most; a new epoch that is older than this was not taken up. */
const OPENING_MS = 12 * 60_000;

/** Reads a sandbox's name; null for one that none of ours would give. */
export function claimOf(name: string): SandboxClaim | null {
  const [, owner, epoch = '1', beside = ''] = ROLLOUT.exec(name) ?? [];
  if (owner !== undefined) {
    const kind = beside === '' ? 'rollout' : beside.endsWith('/helper') ? 'helper' : 'grade';
    return { owner, kind, sandbox: sandboxName(owner, Number(epoch)), epoch: Number(epoch) };
  }
  const judged = /^(.+)\/judge\//.exec(name)?.[1];
  if (judged === undefined) return null;
  return { owner: judged, kind: name.endsWith('/helper') ? 'helper' : 'judge', sandbox: null, epoch: 0 };
}

/** The state of an owner that runs, by the memo as the server has it. */
export function runningOwner(memo: Readonly<Record<string, unknown>> | undefined): OwnerState {
  const { sandbox, hostQueue } = memo ?? {};
  const isNamed = typeof sandbox === 'string' && typeof hostQueue === 'string';
  return { kind: 'running', memo: isNamed ? { sandbox, hostQueue } : null };
}

/** What becomes of a sandbox found by `host`, whose own queue is `hostQueue`. */
export function verdictOn(
  found: FoundSandbox,
  owner: OwnerState,
  here: { readonly host: string; readonly hostQueue: string; readonly nowMs: number },
): SandboxVerdict {
  const overdue = here.nowMs > Date.parse(found.deadline);
  const claim = claimOf(found.name);
  if (claim !== null && owner.kind === 'ended') return ends('its workflow has ended');
  if (claim === null || owner.kind !== 'running') {
    if (overdue) return ends('its deadline has passed');
    const why = owner.kind === 'unreachable' ? 'the server does not answer' : 'the server does not know it';
    return { verdict: 'leave', reason: claim === null ? 'its name says no owner' : why };
  }
  // A sandbox that a step opened for itself is bound by its deadline; a rollout's own by what the rollout says.
  if (overdue && claim.kind !== 'rollout') return ends('its deadline has passed');
  const { memo } = owner;
  if (claim.sandbox === null || memo === null) return keeps('its workflow runs');
  if (memo.sandbox !== claim.sandbox) return byEpoch(found, claim, memo.sandbox, here.nowMs);
  if (memo.hostQueue === here.hostQueue) return keeps('its workflow runs and names it');
  // Hosts may share a container daemon: what another one opened is that one's to judge.
  return found.openedBy === here.host
    ? ends('its workflow uses the one on another host')
    : { verdict: 'leave', reason: 'its workflow names it on another host' };
}

function byEpoch(found: FoundSandbox, claim: SandboxClaim, named: string, nowMs: number): SandboxVerdict {
  const isNewer = claim.epoch > (claimOf(named)?.epoch ?? 0);
  // Its opening may not have been told to the workflow yet.
  if (isNewer && nowMs - Date.parse(found.createdAt) < OPENING_MS) return keeps('it is being opened');
  return ends('its workflow uses another one');
}

function keeps(reason: string): SandboxVerdict {
  return { verdict: 'keep', reason };
}

function ends(reason: string): SandboxVerdict {
  return { verdict: 'end', reason };
}
