import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { SteadfastError } from '../../../domain/failures.ts';

/** A program's end: its exit code (null for a signal) and what it printed. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Runs a program detached, with nothing of this process's environment, and waits for its end. When the signal fires
 * the waiting ends and the program goes on: whoever asks next adopts it.
 */
export async function runDetached(
  command: readonly string[],
  stdin: Buffer | null,
  signal?: AbortSignal,
): Promise<Finished> {
  signal?.throwIfAborted();
  const [program = '', ...rest] = command;
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C.UTF-8',
  };
  const child = spawn(program, rest, {
    cwd: '/',
    env: environment,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  collect(child.stdout, stdout);
  collect(child.stderr, stderr);
  child.stdin.on('error', () => {
    // It ended before it read everything; its exit code says why.
  });
  child.stdin.end(stdin ?? undefined);
  return await new Promise<Finished>((resolve, reject) => {
    const leave = () => {
      child.removeAllListeners();
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.unref();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
    child.once('error', (cause) => {
      signal?.removeEventListener('abort', leave);
      reject(new SteadfastError('Sandbox.Failed', `${program} could not be started`, { cause }));
    });
    child.once('close', (code) => {
      signal?.removeEventListener('abort', leave);
      resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') });
    });
  });
}

/** Runs a program that must succeed, and answers what it printed. */
export async function mustRun(command: readonly string[], stdin: Buffer | null = null): Promise<Buffer> {
  const { code, stdout, stderr } = await runDetached(command, stdin);
  if (code === 0) return stdout;
  const type = stderr.includes('No space left on device') ? 'Sandbox.DiskFull' : 'Sandbox.Failed';
  throw new SteadfastError(type, `${command.join(' ')} failed (${code}): ${stderr.trim().slice(-2000)}`);
}

function collect(stream: Readable, into: Buffer[]): void {
  stream.on('data', (chunk: Buffer) => into.push(chunk));
}
