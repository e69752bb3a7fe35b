import type { Duplex, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';
import type { SteadfastError } from '../../../domain/failures.ts';
import { bounded, typed } from './client.ts';

/** What a program in a container printed. */
export interface Printed {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exec: Docker.Exec;
}

/** A stream says nothing while a command runs; by these a daemon that hangs is told from a command that takes long. */
const WATCH_EVERY_MS = 15_000;
const WATCH_LIMIT_MS = 30_000;
const HEADER_BYTES = 8;

/**
 * Runs a program as root in a container and waits for its output's end. The program lives on when the signal fires or
 * this process dies: whoever asks next adopts it. `Sandbox.Unavailable` when the daemon stops answering meanwhile.
 */
export async function execute(
  container: Docker.Container,
  argv: readonly string[],
  stdin: readonly (Buffer | Readable)[],
  signal?: AbortSignal,
): Promise<Printed> {
  signal?.throwIfAborted();
  const exec = await bounded(
    container.exec({
      Cmd: [...argv],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      User: '0:0',
      WorkingDir: '/',
    }),
  );
  const stream = await bounded(exec.start({ hijack: true, stdin: true }));
  const leave = () => stream.destroy();
  signal?.addEventListener('abort', leave, { once: true });
  const watch = watching(container, leave);
  try {
    const printed = demultiplexed(stream);
    // A container that ends takes nothing more in; what was to be fed to it would wait for ever.
    await Promise.race([feed(stream, stdin), printed]);
    const output = await printed;
    signal?.throwIfAborted();
    if (watch.lost !== null) throw watch.lost;
    return { ...output, exec };
  } catch (error) {
    throw watch.lost ?? error;
  } finally {
    watch.end();
    for (const part of stdin) if (!Buffer.isBuffer(part)) part.destroy();
    signal?.removeEventListener('abort', leave);
  }
}

/** Asks the daemon from time to time whether it is there, and leaves the stream when it is not. */
function watching(container: Docker.Container, leave: () => void) {
  const watch = { lost: null as SteadfastError | null, end: () => clearInterval(timer) };
  const timer = setInterval(() => {
    bounded(container.inspect(), WATCH_LIMIT_MS).catch((error: unknown) => {
      const lost = typed(error, container.id);
      if (lost.type !== 'Sandbox.Unavailable') return;
      watch.lost = lost;
      leave();
    });
  }, WATCH_EVERY_MS);
  timer.unref();
  return watch;
}

async function feed(stream: Duplex, parts: readonly (Buffer | Readable)[]): Promise<void> {
  try {
    for (const part of parts) {
      if (Buffer.isBuffer(part)) stream.write(part);
      else {
        part.pipe(stream, { end: false });
        await finished(part, { writable: false });
      }
    }
  } finally {
    stream.end();
  }
}

/** Docker frames what it sends: stream number, three zeros, length, bytes. */
async function demultiplexed(
  stream: Readable,
): Promise<{ readonly stdout: Buffer; readonly stderr: string }> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let into = stdout;
  let header = Buffer.alloc(0);
  let left = 0;
  stream.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length;) {
      if (left > 0) {
        const part = chunk.subarray(at, at + left);
        into.push(part);
        left -= part.length;
        at += part.length;
        continue;
      }
      const more = chunk.subarray(at, at + HEADER_BYTES - header.length);
      header = Buffer.concat([header, more]);
      at += more.length;
      if (header.length < HEADER_BYTES) continue;
      into = header[0] === 2 ? stderr : stdout;
      left = header.readUInt32BE(4);
      header = Buffer.alloc(0);
    }
  });
  // A stream that was destroyed or reset has given what it could; the caller sees that the answer is short.
  await finished(stream, { writable: false }).catch(() => undefined);
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') };
}
