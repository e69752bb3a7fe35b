import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import Docker from 'dockerode';

/** A daemon's socket with faults in between. */
export interface DaemonProxy {
  readonly docker: Docker;
  /** From now on nothing passes in either direction, and nothing ends. */
  freeze(): void;
  /** Breaks every connection. */
  reset(): void;
  /** Breaks the connection of the next request that starts with this text, once the daemon has carried it out. */
  loseReplyTo(request: string): void;
  close(): Promise<void>;
}

/** Listens at `path` and passes everything on to the real daemon. */
export async function daemonProxy(path: string): Promise<DaemonProxy> {
  const target = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace('unix://', '');
  const sockets = new Set<Socket>();
  let frozen = false;
  let losing: string | null = null;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const daemon = connect({ path: target, allowHalfOpen: true });
    let lost = false;
    for (const socket of [client, daemon]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        if (!frozen) for (const other of [client, daemon]) other.destroy();
      });
    }
    client.on('data', (data: Buffer) => {
      if (losing !== null && data.toString('latin1').startsWith(losing)) {
        lost = true;
        losing = null;
      }
      if (!frozen) daemon.write(data);
    });
    daemon.on('data', (data: Buffer) => {
      if (lost) client.destroy();
      else if (!frozen) client.write(data);
    });
    client.once('end', () => !frozen && daemon.end());
    daemon.once('end', () => !frozen && client.end());
  });
  server.listen(path);
  await once(server, 'listening');
  const reset = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    docker: new Docker({ socketPath: path }),
    freeze: () => void (frozen = true),
    reset,
    loseReplyTo: (request) => void (losing = request),
    async close() {
      reset();
      server.close();
      await once(server, 'close');
    },
  };
}
