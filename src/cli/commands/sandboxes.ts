import { defineCommand } from 'citty';
import type { Client } from '@temporalio/client';
import type { Config } from '../../config.ts';
import { claimOf } from '../../domain/sandbox-claim.ts';
import { CommandError, messageOf } from '../errors.ts';
import { type HostSandbox, listHostSandboxes } from '../host-sandboxes.ts';
import { createOutput, type Output } from '../output.ts';
import { duration } from '../progress-line.ts';
import { listing } from '../results-table.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';
import { withClient } from '../temporal-client.ts';

/** `steadfast sandboxes`: what this host holds, for whom and until when; `--reap` ends what nobody wants any more. */
export const sandboxesCommand = defineCommand({
  meta: { name: 'sandboxes', description: 'List the sandboxes on this host, with owner, age and lease' },
  args: {
    json: { type: 'boolean', description: 'Print NDJSON: a line a sandbox' },
    reap: {
      type: 'boolean',
      description:
        'End those that the worker would end; without a server those past their deadline or without a worker',
    },
  },
  plugins: [strictOptions],
  async run({ args }) {
    const json = args.json === true;
    const output = createOutput({ json });
    const found = await look(readEnvironment(), output);
    if (json) for (const one of found) output.data(recordOf(one));
    else if (found.length === 0) output.say('no sandboxes on this host');
    else output.say(listing([HEAD, ...found.map(rowOf)]));
    if (args.reap === true) await reap(found, output);
  },
});

const HEAD = ['SANDBOX', 'BY', 'KIND', 'AGE', 'LEASE', 'DEADLINE', 'OWNER', 'REAPER'];

/** With the server's word on the owners where it answers. */
async function look(config: Config, output: Output): Promise<HostSandbox[]> {
  let asked: Client | null = null;
  try {
    return await withClient(config, async (client) => {
      asked = client;
      return await listHostSandboxes(config, client);
    });
  } catch (error) {
    if (asked !== null || !(error instanceof CommandError)) throw error;
    output.say(`${error.message}; owners are not known`);
    return await listHostSandboxes(config, null);
  }
}

function recordOf({ info, adapter, owner, ownerState, leaseSeconds, verdict, reason }: HostSandbox) {
  return {
    type: 'sandbox',
    name: info.name,
    run: info.run,
    adapter,
    kind: claimOf(info.name)?.kind ?? null,
    owner,
    owner_state: ownerState,
    created_at: info.createdAt,
    deadline: info.deadline,
    lease_seconds: leaseSeconds === null ? null : Math.round(leaseSeconds),
    verdict,
    reason,
  };
}

function rowOf({ info, adapter, ownerState, leaseSeconds, verdict, reason }: HostSandbox): string[] {
  const age = (Date.now() - Date.parse(info.createdAt)) / 1000;
  const left = (Date.parse(info.deadline) - Date.now()) / 1000;
  return [
    info.name,
    adapter,
    claimOf(info.name)?.kind ?? '–',
    duration(age),
    leaseSeconds === null ? '–' : timeLeft(leaseSeconds),
    Number.isNaN(left) ? '–' : timeLeft(left),
    ownerState,
    `${verdict}: ${reason}`,
  ];
}

function timeLeft(seconds: number): string {
  return seconds >= 0 ? duration(seconds) : `over since ${duration(-seconds)}`;
}

/** Ends those that a reaper would; one that does not end keeps no other from it, and is an error in the end. */
async function reap(found: readonly HostSandbox[], output: Output): Promise<void> {
  const unwanted = found.filter(({ verdict }) => verdict === 'end');
  const stuck: string[] = [];
  for (const { info, reason, end } of unwanted) {
    try {
      await end();
      output.say(`ended ${info.name}: ${reason}`);
    } catch (error) {
      stuck.push(`${info.name} did not end: ${messageOf(error)}`);
    }
  }
  output.say(`${unwanted.length - stuck.length} ended, ${found.length - unwanted.length} left alone`);
  if (stuck.length > 0) throw new CommandError(stuck.join('\n'));
}
