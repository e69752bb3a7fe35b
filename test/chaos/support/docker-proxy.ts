import { mkdtemp, rm } from 'node:fs/promises';
import { type Server, type Socket, createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What becomes of one request: never passed on, passed on and its reply held back for ever, or its reply lost at once. */
export type ProxyFault = 'swallow' | 'hold-reply' | 'lose-reply';

/** A Docker daemon's API behind a Unix socket of its own, where single requests can be made to fail. */
export interface DockerProxy {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** Arms a fault for the next request whose line matches. */
  arm(request: RegExp, fault: ProxyFault): ArmedFault;
  close(): Promise<void>;
}

/** A fault that waits for its request. */
export interface ArmedFault {
  /** When it was met, in ms since 1970; null so far. */
  readonly metAt: () => number | null;
  disarm(): void;
}

interface Armed {
  readonly request: RegExp;
  readonly fault: ProxyFault;
  metAt: number | null;
}

/** Starts a proxy of the daemon that DOCKER_HOST names, or of the usual socket. */
export async function startDockerProxy(): Promise<DockerProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'steadfast-proxy-'));
  const path = join(folder, 'docker.sock');
  const armed: Armed[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    const daemon = createConnection({ path: daemonPath(), allowHalfOpen: true });
    for (const socket of [client, daemon]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    let fault: ProxyFault | null = null;
    client.on('data', (chunk: Buffer) => {
      fault ??= faultOf(chunk, armed);
      if (fault !== 'swallow') daemon.write(chunk);
    });
    daemon.on('data', (chunk: Buffer) => {
      if (fault === null) client.write(chunk);
      else if (fault === 'lose-reply') client.destroy();
    });
    client.on('end', () => daemon.end());
    daemon.on('end', () => client.end());
    client.on('close', () => daemon.destroy());
    daemon.on('close', () => client.destroy());
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  return {
    host: `unix://${path}`,
    arm(request, fault) {
      const one: Armed = { request, fault, metAt: null };
      armed.push(one);
      return {
        metAt: () => one.metAt,
        disarm: () => void (armed.includes(one) && armed.splice(armed.indexOf(one), 1)),
      };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The fault that a request meets; it is spent by that. A request's head comes in one piece. */
function faultOf(chunk: Buffer, armed: Armed[]): ProxyFault | null {
  const line = /^[A-Z]+ \/[^\r\n]* HTTP\/1\.1(?=\r\n)/.exec(chunk.toString('latin1', 0, 4096))?.[0];
  if (line === undefined) return null;
  const index = armed.findIndex(({ request }) => request.test(line));
  const [found] = index < 0 ? [] : armed.splice(index, 1);
  if (found === undefined) return null;
  found.metAt = Date.now();
  return found.fault;
}

function daemonPath(): string {
  const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  if (!host.startsWith('unix://'))
    throw new Error(`DOCKER_HOST is ${host}; this row needs a daemon on a Unix socket`);
  return host.slice('unix://'.length);
}
