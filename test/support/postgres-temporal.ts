import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { cacheFolder, packageRoot, toolPaths } from '../../src/local/setup/paths.mjs';
import {
  endService,
  freePorts,
  type Postgres,
  type Service,
  startPostgres,
  startService,
  waitFor,
} from './postgres.ts';

/** Temporal's server as a cluster runs it: the configuration of infra/temporal, its data in a real PostgreSQL. */
export interface PostgresTemporal {
  /** What TEMPORAL_ADDRESS is set to. */
  readonly address: string;
  readonly namespace: string;
  readonly postgres: Postgres;
  /** Kills the server's process (PostgreSQL lives on) and starts another one on the same ports and data. */
  restartServer(): Promise<void>;
  /** Ends both servers and removes the data. */
  stop(): Promise<void>;
}

const namespace = 'default';
const configuration = join(packageRoot, 'infra/temporal');
/** How far the other ports of infra/temporal/server.yaml lie from the frontend's. */
const portDistances = [0, 1, 2, 6, 10, -300, -299, -298, -294] as const;

/** Starts PostgreSQL and Temporal's server on it, with the namespace `default`; set-up has built both. */
export async function startPostgresTemporal(): Promise<PostgresTemporal> {
  const programs = toolPaths(cacheFolder(process.env));
  const postgres = await startPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'steadfast-temporal-'));
  let server: Service | undefined;
  const stop = async () => {
    if (server !== undefined) await endService(server, 'SIGTERM');
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [port] = await freePorts(portDistances);
    const address = `127.0.0.1:${port}`;
    const env = {
      ...process.env,
      SQL_HOST: '127.0.0.1',
      SQL_PORT: String(postgres.port),
      SQL_USER: postgres.user,
      SQL_PASSWORD: postgres.password,
      TEMPORAL_SQL_TOOL: programs.temporalSqlTool,
      TEMPORAL_PORT: String(port),
      TEMPORAL_DYNAMIC_CONFIG: join(configuration, 'dynamicconfig.yaml'),
    };
    await promisify(execFile)(join(configuration, 'setup-schema.sh'), { env });
    const start = async () => {
      const args = ['--root', configuration, '--config', '.', '--env', 'server', '--allow-no-auth', 'start'];
      server = await startService(programs.temporalServer, args, { log: join(folder, 'server.log'), env });
      await waitFor("Temporal's server", server, () => becomeUsable(address));
    };
    await start();
    return {
      address,
      namespace,
      postgres,
      async restartServer() {
        if (server !== undefined) await endService(server, 'SIGKILL');
        await start();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Succeeds when the server serves the namespace, which the first call registers. */
async function becomeUsable(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 1000 });
  try {
    const { workflowService } = connection;
    const known = await workflowService.describeNamespace({ namespace }).catch(() => undefined);
    if (known === undefined) {
      await workflowService.registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: msToTs('1 day'),
      });
    }
    // A namespace is registered before all of the server has heard of it.
    await workflowService.countWorkflowExecutions({ namespace });
  } finally {
    await connection.close();
  }
}
