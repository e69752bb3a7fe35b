import type { Client } from '@temporalio/client';
import type { TurnLink } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { renderLink } from './conversation.ts';
import { shortRollout } from './group-table.ts';
import type { Output } from './output.ts';
import { queryHead } from './queries.ts';

/** Prints what the rollouts of a run have said since the last call. */
export function createConversations(
  client: Client,
  artifacts: Artifacts,
  output: Output,
  run: string,
): { print(): Promise<void> } {
  const printed = new Map<string, string | null>();
  const closed = new Set<string>();
  let asked = false;
  return {
    async print() {
      const rollouts = await listRollouts(client, run);
      for (const { id, isOpen } of rollouts) {
        if (closed.has(id)) continue;
        const head = await askHead(client, id);
        if (head === undefined) continue;
        const links = await linksBetween(artifacts, printed.get(id) ?? null, head);
        const mark = rollouts.length > 1 ? `[${shortRollout(id)}] ` : '';
        for (const link of links) {
          // The members of a group are all asked the same.
          if (link.kind === 'start' && asked) continue;
          asked ||= link.kind === 'start';
          output.say(mark + renderLink(link));
        }
        printed.set(id, head);
        if (!isOpen) closed.add(id);
      }
    },
  };
}

async function listRollouts(client: Client, run: string): Promise<{ id: string; isOpen: boolean }[]> {
  const query = `WorkflowType = 'rollout' AND WorkflowId BETWEEN '${run}/' AND '${run}0'`;
  const rollouts: { id: string; isOpen: boolean }[] = [];
  for await (const info of client.workflow.list({ query })) {
    rollouts.push({ id: info.workflowId, isOpen: info.status.name === 'RUNNING' });
  }
  return rollouts.toSorted((a, b) => a.id.localeCompare(b.id));
}

/** The head of a rollout's transcript; undefined while no worker answers. */
async function askHead(client: Client, id: string): Promise<string | null | undefined> {
  try {
    const { head } = await queryHead(client, id);
    return head;
  } catch {
    // Asked again at the next poll; what was said is in the store in any case.
    return undefined;
  }
}

/** The links after `from` up to `to`, the oldest first. */
async function linksBetween(
  artifacts: Artifacts,
  from: string | null,
  to: string | null,
): Promise<TurnLink[]> {
  const links: TurnLink[] = [];
  for (let at = to; at !== null && at !== from;) {
    // The store checks each blob by its hash, and turns are written by the workers alone.
    const link = (await artifacts.getJson(at)) as TurnLink;
    links.push(link);
    at = link.parent;
  }
  return links.toReversed();
}
