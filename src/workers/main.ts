import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config.ts';
import { connect } from './connect.ts';
import { createDeps } from './deps.ts';
import { keepForAWeek } from './keep-for-a-week.ts';
import { installLogger } from './logger.ts';
import { registerSearchAttributes } from './register-search-attributes.ts';
import { ROLES, STAFF, type Role } from './roles.ts';

/*
 * A worker process: `node src/workers/main.ts --role sandbox`. Several roles, comma-separated, share a process, which is
 * for small tests only. It says `ready` over its IPC channel, and ends in order on SIGTERM, or when that channel closes.
 */

/** The roles that were asked for. */
function readRoles(): readonly Role[] {
  const { values } = parseArgs({ options: { role: { type: 'string' } } });
  const names = (values.role ?? '').split(',').map((name) => name.trim());
  return names.map((name) => {
    const role = ROLES.find((known) => known === name);
    if (role === undefined)
      throw new Error(`--role is ${JSON.stringify(name)}; expected one of ${ROLES.join(', ')}`);
    return role;
  });
}

async function main(): Promise<void> {
  const roles = readRoles();
  const config = loadConfig();
  const logger = installLogger(config.logLevel, roles.join(','));
  const { connection, namespace } = await connect(config, logger);
  const deps = createDeps(config);
  try {
    if (config.temporalAddress === null) await keepForAWeek(connection, namespace, logger);
    const searchable = await registerSearchAttributes(connection, namespace, logger);
    const context = { config, connection, namespace, logger, searchable, deps };
    const staff = await Promise.all(roles.map((role) => STAFF[role](context)));
    const workers = staff.flatMap((one) => one.workers);
    const running = Promise.all(workers.map((worker) => worker.run()));
    // The SDK shuts workers down on SIGTERM and SIGINT; a supervisor that died cannot send one.
    process.once('disconnect', () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    });
    while (workers.some((worker) => worker.getState() === 'INITIALIZED')) await sleep(10);
    process.send?.('ready');
    logger.info({ roles, namespace }, 'ready');
    await running;
    for (const { stop } of staff) stop();
  } finally {
    await deps.official.close();
    await connection.close();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`steadfast worker: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
