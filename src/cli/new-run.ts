import type { Client } from '@temporalio/client';
import type { Config } from '../config.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { refuseWithoutPolicyServer } from './check-policy-server.ts';
import { refuseWithoutSandbox } from './check-sandbox.ts';
import { interruptSignal } from './detach.ts';
import type { Output } from './output.ts';
import { ensureReady } from './platform.ts';
import { startRun } from './start-run.ts';
import { webAddress, withClient } from './temporal-client.ts';

/** A run that is to be started, its input checked. */
export interface NewRun {
  readonly config: Config;
  readonly artifacts: Artifacts;
  readonly output: Output;
  readonly run: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Starts a run where there is all that it needs, says where it is seen, and does something with it. */
export async function withNewRun<T>(
  { config, artifacts, output, run, input }: NewRun,
  body: (client: Client, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await refuseWithoutSandbox(config, input['sandbox']);
  await ensureReady(config, output.say);
  await refuseWithoutPolicyServer(config, artifacts, input);
  return await withClient(config, async (client) => {
    // From here on Ctrl-C leaves a run behind, and has to say so.
    const signal = interruptSignal();
    await startRun(client, artifacts, run, input);
    const web = webAddress(config, run);
    output.say(`run ${run}${web === null ? '' : `: ${web}`}`);
    return await body(client, signal);
  });
}
