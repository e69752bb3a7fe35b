import { setTimeout as sleep } from 'node:timers/promises';
import { toClientOptions } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { temporalProfile } from '../config/temporal-profile.ts';

/** A restarting server is back within seconds; one that is away for long is not hammered. */
const WAITS = { firstMs: 100, longestMs: 5000 };

export interface Connected {
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/** Connects to the user's server where TEMPORAL_ADDRESS or a profile names one (with its TLS and key), else to the embedded one; waits for it. */
export async function connect(config: Config, logger: Logger): Promise<Connected> {
  const own = config.temporalAddress !== null;
  const loaded = own ? toClientOptions(temporalProfile(config.environment)) : { connectionOptions: {} };
  const address = config.temporalAddress ?? `127.0.0.1:${config.temporalPort}`;
  const namespace = ('namespace' in loaded ? loaded.namespace : undefined) ?? config.temporalNamespace;
  for (let waitMs = WAITS.firstMs; ; waitMs = Math.min(waitMs * 2, WAITS.longestMs)) {
    try {
      const connection = await NativeConnection.connect({ ...loaded.connectionOptions, address });
      return { connection, namespace };
    } catch (error) {
      logger.warn({ address, waitMs, reason: String(error) }, 'waiting for the Temporal server');
      await sleep(waitMs);
    }
  }
}
