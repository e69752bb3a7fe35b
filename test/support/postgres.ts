import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { toolPaths, cacheFolder } from '../../src/local/setup/paths.mjs';

const run = promisify(execFile);

/** Debian's PostgreSQL 15 with a cluster of its own, in a temporary folder, on a free port of the loopback. */
export interface Postgres {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Rows of a query, each as its columns joined by "|". */
  query(database: string, sql: string): Promise<string[]>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

/** A process that was started here, and the tail of what it says for when it fails. */
export interface Service {
  readonly process: ChildProcess;
  readonly log: string;
}

const programs = toolPaths(cacheFolder(process.env)).postgresql;
const user = 'temporal';
const password = 'temporal';

/** Makes a cluster and starts it; ready for connections when this resolves. */
export async function startPostgres(): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'steadfast-postgres-'));
  const owner = await serverUser();
  await chown(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password);
  await chown(passwordFile, owner.uid, owner.gid);
  const initialise = [
    '--pgdata',
    data,
    '--username',
    user,
    '--auth',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
  ];
  await run(
    join(programs, 'initdb'),
    [...initialise, '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
    owner,
  );

  const [port] = await freePorts([0]);
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
  ];
  const service = await startService(join(programs, 'postgres'), args, { log: join(folder, 'log'), owner });
  const isReady = () => run(join(programs, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-t', '1']);
  await waitFor('PostgreSQL', service, isReady);

  return {
    port,
    user,
    password,
    async query(database, sql) {
      const connection = ['-h', '127.0.0.1', '-p', String(port), '-U', user, '-d', database];
      const env = { ...process.env, PGPASSWORD: password };
      const { stdout } = await run(join(programs, 'psql'), [...connection, '-XAtc', sql], { env });
      return stdout.split('\n').filter((line) => line !== '');
    },
    async stop() {
      // SIGINT is PostgreSQL's fast shutdown: sessions end, data is written, no waiting for clients.
      await endService(service, 'SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a program that dies with this process, its output kept in a file. */
export async function startService(
  command: string,
  args: readonly string[],
  options: { log: string; env?: NodeJS.ProcessEnv; owner?: { uid: number; gid: number } },
): Promise<Service> {
  const file = await open(options.log, 'a');
  const { uid, gid } = options.owner ?? { uid: process.getuid?.(), gid: process.getgid?.() };
  const identity =
    options.owner === undefined ? [] : ['--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups'];
  const child = spawn('/usr/bin/setpriv', ['--pdeathsig', 'KILL', ...identity, command, ...args], {
    env: options.env ?? process.env,
    stdio: ['ignore', file.fd, file.fd],
  });
  try {
    await once(child, 'spawn');
  } finally {
    await file.close();
  }
  return { process: child, log: options.log };
}

/** Ends a service by a signal, and by force when 20 s of asking did not do it. */
export async function endService({ process: child }: Service, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(force);
}

/** Calls `probe` until it succeeds; fails with the service's last lines when it ends first or takes a minute. */
export async function waitFor(name: string, service: Service, probe: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await probe();
      return;
    } catch (cause) {
      const ended = service.process.exitCode !== null || service.process.signalCode !== null;
      if (!ended && Date.now() < deadline) {
        await sleep(100);
        continue;
      }
      const tail = (await readFile(service.log, 'utf8')).trimEnd().split('\n').slice(-15).join('\n');
      throw new Error(`${name} ${ended ? 'ended' : 'was not ready within 60 s'}; its last lines:\n${tail}`, {
        cause,
      });
    }
  }
}

/** A port such that it and its neighbours at the given distances are all free, and those ports. */
export async function freePorts(distances: readonly [0, ...number[]]): Promise<[number, ...number[]]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    // Below the range from which the kernel takes ports for outgoing connections.
    const base = 15_000 + Math.floor(Math.random() * 15_000);
    const free = await Promise.all(distances.map((distance) => isFree(base + distance)));
    if (free.every(Boolean)) return [base, ...distances.slice(1).map((distance) => base + distance)];
  }
  throw new Error('no free ports found between 15000 and 30000');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user that Debian's package makes. */
async function serverUser(): Promise<{ uid: number; gid: number }> {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? uid };
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (entry === undefined)
    throw new Error('running as root, and there is no user "postgres" for PostgreSQL to run as');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}
