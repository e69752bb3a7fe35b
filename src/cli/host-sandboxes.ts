import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { createSandboxes } from '../adapters/sandbox/choose.ts';
import type { Config } from '../config.ts';
import { fileSafe, hostQueue } from '../domain/ids.ts';
import {
  claimOf,
  type OwnerState,
  runningOwner,
  type SandboxVerdict,
  verdictOn,
} from '../domain/sandbox-claim.ts';
import { type Lease, Leases } from '../local/leases.ts';
import { isAlive } from '../local/process-identity.ts';
import { packageRoot, toolPaths } from '../local/setup/paths.mjs';
import type { SandboxInfo } from '../ports/sandbox.ts';

/** A sandbox of this host, and what a reaper would do with it now. */
export interface HostSandbox extends SandboxVerdict {
  readonly info: SandboxInfo;
  readonly adapter: string;
  readonly owner: string | null;
  readonly ownerState: OwnerState['kind'];
  /** Seconds until the lease ends, negative since it ran out; null without one. */
  readonly leaseSeconds: number | null;
  readonly end: () => Promise<void>;
}

/** A server that takes longer to describe a workflow counts as away. */
const PATIENCE_MS = 5000;

/** The sandboxes of this host; without a client the server counts as out of reach. */
export async function listHostSandboxes(config: Config, client: Client | null): Promise<HostSandbox[]> {
  const leases = new Leases(config.home);
  const host = fileSafe(config.host ?? hostname());
  const stateOf = askOnce(client);
  const found: HostSandbox[] = [];
  for (const sandbox of await sandboxesOf(config).all()) {
    for (const info of await sandbox.list()) {
      const owner = claimOf(info.name)?.owner ?? null;
      const state: OwnerState = owner === null ? { kind: 'unknown' } : await stateOf(owner);
      const lease = leases.read(info.name);
      const here = { host, hostQueue: hostQueue(host), nowMs: Date.now() };
      const verdict = verdictOn({ ...info, openedBy: lease?.host ?? null }, state, here);
      found.push({
        ...(state.kind === 'unreachable' ? withoutServer(verdict, lease, here.nowMs) : verdict),
        info,
        adapter: sandbox.kind,
        owner,
        ownerState: state.kind,
        leaseSeconds: lease === null ? null : (Date.parse(lease.expiresAt) - here.nowMs) / 1000,
        end: async () => {
          await sandbox.close(info.name);
          leases.drop(info.name);
        },
      });
    }
  }
  return found;
}

/**
 * With the server away a live worker holds on to its sandboxes until their deadlines. Where the worker that renewed the
 * lease is dead too, nobody uses the sandbox, and its state lies in a snapshot.
 */
export function withoutServer(verdict: SandboxVerdict, lease: Lease | null, nowMs: number): SandboxVerdict {
  if (verdict.verdict === 'end' || lease === null || Date.parse(lease.expiresAt) >= nowMs) return verdict;
  if (lease.process === null || isAlive(lease.process)) return verdict;
  return { verdict: 'end', reason: 'its lease ran out and its worker is dead' };
}

/** The sandbox adapters of this machine, as its workers have them. */
export function sandboxesOf(
  config: Pick<Config, 'home' | 'cache' | 'sandboxBase'>,
): ReturnType<typeof createSandboxes> {
  return createSandboxes({
    stateDir: join(config.home, 'sandboxes'),
    pythonEnv: toolPaths(config.cache).guestEnv,
    dockerfile: join(packageRoot, 'infra/images/sandbox/Dockerfile'),
    baseImage: config.sandboxBase,
  });
}

/** Asks the server about each owner once, and not at all after a question without an answer. */
function askOnce(client: Client | null): (workflowId: string) => Promise<OwnerState> {
  const answers = new Map<string, OwnerState>();
  let isAway = client === null;
  return async (workflowId) => {
    const known = answers.get(workflowId);
    if (known !== undefined) return known;
    const answer: OwnerState =
      isAway || client === null ? { kind: 'unreachable' } : await ask(client, workflowId);
    isAway ||= answer.kind === 'unreachable';
    answers.set(workflowId, answer);
    return answer;
  };
}

async function ask(client: Client, workflowId: string): Promise<OwnerState> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    const { status, memo } = await client.withDeadline(Date.now() + PATIENCE_MS, () => handle.describe());
    return status.name === 'RUNNING' ? runningOwner(memo) : { kind: 'ended' };
  } catch (error) {
    return { kind: error instanceof WorkflowNotFoundError ? 'unknown' : 'unreachable' };
  }
}
