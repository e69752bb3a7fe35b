import type { Logger } from 'pino';
import type { Sandboxes } from '../../activities/sandboxes.ts';
import { hostQueue } from '../../domain/ids.ts';
import { claimOf, verdictOn, type OwnerState } from '../../domain/sandbox-claim.ts';
import type { Leases } from '../../local/leases.ts';
import type { ProcessIdentity } from '../../local/process-identity.ts';
import type { Sandbox, SandboxInfo } from '../../ports/sandbox.ts';
import type { AskOwner } from '../ask-server.ts';
import type { HostSlots } from '../host-slots.ts';

/** Four looks a minute: after a run's end, nothing of it is left when the minute is over. */
export const REAP_EVERY_MS = 15_000;
/** A server that restarts is not met by hundreds of questions at once. */
const QUESTIONS_AT_ONCE = 8;

/** What a reaper of a host needs. */
export interface HostReaper {
  readonly sandboxes: Sandboxes;
  readonly slots: HostSlots;
  readonly leases: Leases;
  readonly ask: AskOwner;
  /** Name of this host. */
  readonly host: string;
  readonly self: ProcessIdentity | null;
  readonly logger: Logger;
}

interface Found {
  readonly sandbox: Sandbox;
  readonly info: SandboxInfo;
}

/**
 * Looks at every sandbox of ours on this host once: renews the leases of those that are wanted, ends those that nobody
 * wants any more, and counts the slots that are taken. One that does not end is tried again at the next look.
 */
export async function reapHost(reaper: HostReaper): Promise<void> {
  const { slots, leases, host, logger } = reaper;
  // What is opened while this looks around is not in doubt.
  const doubted = slots.held();
  const { found, whole } = await listAll(reaper);
  const owners = await askAll(
    reaper.ask,
    found.flatMap(({ info }) => claimOf(info.name)?.owner ?? []),
  );
  const taken = new Set<string>();
  for (const { sandbox, info } of found) {
    const claim = claimOf(info.name);
    const owner: OwnerState = owners.get(claim?.owner ?? '') ?? { kind: 'unknown' };
    const openedBy = leases.read(info.name)?.host ?? null;
    const here = { host, hostQueue: hostQueue(host), nowMs: Date.now() };
    const { verdict, reason } = verdictOn({ ...info, openedBy }, owner, here);
    if (verdict === 'end') {
      logger.info({ sandbox: info.name, reason }, 'ending a sandbox');
      await end(sandbox, info.name, reaper);
    } else {
      if (verdict === 'keep') renew(info.name, reaper);
      // With the server away nothing is known to be over: a slot stays taken.
      const mayBeOurs = openedBy === null || openedBy === host;
      const isWanted = verdict === 'keep' || owner.kind === 'unreachable';
      if (isWanted && mayBeOurs && claim?.kind === 'rollout') taken.add(info.name);
    }
  }
  // What an adapter without an answer holds is there still, for all that is known.
  if (whole) {
    leases.prune(new Set(found.map(({ info }) => info.name)));
    for (const name of doubted) if (!taken.has(name)) slots.release(name);
  }
  for (const name of taken) slots.hold(name);
}

/** Of all adapters; one that does not answer keeps no other from being looked at, and then what was found is not the whole. */
async function listAll({ sandboxes, logger }: HostReaper): Promise<{ found: Found[]; whole: boolean }> {
  const found: Found[] = [];
  let whole = true;
  for (const sandbox of await sandboxes.all()) {
    try {
      found.push(...(await sandbox.list()).map((info) => ({ sandbox, info })));
    } catch (error) {
      whole = false;
      logger.warn({ kind: sandbox.kind, reason: String(error) }, 'sandboxes could not be listed');
    }
  }
  return { found, whole };
}

/** Each owner once, a few at a time; after the first question without an answer the rest is not asked. */
async function askAll(ask: AskOwner, ids: readonly string[]): Promise<ReadonlyMap<string, OwnerState>> {
  const answers = new Map<string, OwnerState>();
  const left = [...new Set(ids)];
  let isAway = false;
  const askers = Array.from({ length: QUESTIONS_AT_ONCE }, async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      const answer: OwnerState = isAway ? { kind: 'unreachable' } : await ask(id);
      if (answer.kind === 'unreachable') isAway = true;
      answers.set(id, answer);
    }
  });
  await Promise.all(askers);
  return answers;
}

/** On a full disk the lease runs out, and the sandbox is only listed as nobody's; the others are looked at all the same. */
function renew(name: string, { leases, self, logger }: HostReaper): void {
  try {
    leases.renew(name, null, self);
  } catch (error) {
    logger.warn({ sandbox: name, reason: String(error) }, 'lease not renewed');
  }
}

async function end(sandbox: Sandbox, name: string, { leases, logger }: HostReaper): Promise<void> {
  try {
    await sandbox.close(name);
    leases.drop(name);
  } catch (error) {
    logger.warn({ sandbox: name, reason: String(error) }, 'a sandbox did not end; it is tried again');
  }
}
