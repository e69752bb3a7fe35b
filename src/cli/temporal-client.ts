import { Client, Connection } from '@temporalio/client';
import { toClientOptions } from '@temporalio/envconfig';
import type { Config } from '../config.ts';
import { temporalProfile } from '../config/temporal-profile.ts';
import { platformPorts } from '../local/platform.ts';
import { CommandError } from './errors.ts';

/** A client with the connection to close after use. */
interface OpenClient {
  readonly client: Client;
  readonly close: () => Promise<void>;
}

/** Connects to the user's Temporal server where TEMPORAL_ADDRESS or a profile names one, else to the embedded one. */
async function openClient(config: Config): Promise<OpenClient> {
  const own = config.temporalAddress !== null;
  const address = config.temporalAddress ?? `127.0.0.1:${platformPorts(config).temporal}`;
  const { connectionOptions, namespace } = own
    ? toClientOptions(temporalProfile(config.environment))
    : { connectionOptions: {}, namespace: undefined };
  try {
    const connection = await Connection.connect({
      ...connectionOptions,
      address,
      connectTimeout: own ? '5s' : '3s',
    });
    const client = new Client({ connection, namespace: namespace ?? config.temporalNamespace });
    return { client, close: () => connection.close() };
  } catch (error) {
    const advice = own
      ? 'check TEMPORAL_ADDRESS, or the profile that names it, and its TLS settings'
      : 'start it with: steadfast up';
    throw new CommandError(`no Temporal server answers at ${address}; ${advice}`, { cause: error });
  }
}

/** Runs a task with a client and closes its connection afterwards. */
export async function withClient<T>(config: Config, task: (client: Client) => Promise<T>): Promise<T> {
  const { client, close } = await openClient(config);
  try {
    return await task(client);
  } finally {
    await close();
  }
}

/** The run's page in the Web UI of the embedded server; null for a server of the user's own. */
export function webAddress(config: Config, workflowId: string | null): string | null {
  if (config.temporalAddress !== null) return null;
  const base = `http://127.0.0.1:${platformPorts(config).ui}`;
  return workflowId === null
    ? base
    : `${base}/namespaces/${config.temporalNamespace}/workflows/${encodeURIComponent(workflowId)}`;
}
