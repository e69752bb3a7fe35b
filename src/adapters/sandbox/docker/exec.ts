import type { Duplex, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';

/** What a program in a container printed. */
export interface Printed {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exec: Docker.Exec;
}

/**
 * Runs a program as root in a container and waits for its output's end. The program lives on when the signal fires or
 * this process dies: whoever asks next adopts it.
 */
export async function execute(
  container: Docker.Container,
  argv: readonly string[],
  stdin: readonly (Buffer | Readable)[],
  signal?: AbortSignal,
): Promise<Printed> {
  signal?.throwIfAborted();
  const exec = await container.exec({
    Cmd: [...argv],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    User: '0:0',
    WorkingDir: '/',
  });
  const stream = await exec.start({ hijack: true, stdin: true });
  const leave = () => stream.destroy();
  signal?.addEventListener('abort', leave, { once: true });
  try {
    const [output] = await Promise.all([demultiplexed(stream), feed(stream, stdin)]);
    signal?.throwIfAborted();
    return { ...output, exec };
  } finally {
    signal?.removeEventListener('abort', leave);
  }
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
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A stream that was destroyed or reset has given what it could; the caller sees that the answer is short.
  await finished(stream, { writable: false }).catch(() => undefined);
  const all = Buffer.concat(chunks);
  const parts: { readonly error: boolean; readonly bytes: Buffer }[] = [];
  for (let at = 0; at + 8 <= all.length;) {
    const end = at + 8 + all.readUInt32BE(at + 4);
    parts.push({ error: all[at] === 2, bytes: all.subarray(at + 8, end) });
    at = end;
  }
  const of = (error: boolean) =>
    Buffer.concat(parts.filter((part) => part.error === error).map((part) => part.bytes));
  return { stdout: of(false), stderr: of(true).toString('utf8') };
}
