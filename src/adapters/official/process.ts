import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { SteadfastError } from '../../domain/failures.ts';

/** How the grader process is started, and how much of it is put up with. */
export interface GraderOptions {
  /** The Python of the grader's environment, or any where the folder holds the packages. */
  readonly python: string;
  /** The folder of the package `steadfast_grader`; those it needs stand in the environment, or in `packages` in there. */
  readonly folder: string;
  /** Seconds of CPU for one log; reading is given up then, which is a result. */
  readonly readSeconds: number;
  /** Time of one request with the process's start, after which the process counts as hung. */
  readonly requestMs: number;
}

/** Of an answer, and of a request: a log that was kept whole is smaller by far. */
export const MAX_LINE_BYTES = 128 << 20;

const STDERR_CHARACTERS = 2000;

/** One run of the grader process, which answers one line at a time. */
export class GraderProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly decoder = new StringDecoder('utf8');
  private chunks: string[] = [];
  private bytes = 0;
  private stderr = '';
  private waiting: { resolve(line: string): void; reject(error: unknown): void } | null = null;
  /** Why it is of no more use; null while it is. */
  private end: string | null = null;

  constructor(options: GraderOptions) {
    // Nothing of ours is in its environment: it reads what code under test has printed.
    this.child = spawn(options.python, ['-m', 'steadfast_grader', String(options.readSeconds)], {
      cwd: options.folder,
      env: {
        PYTHONPATH: [options.folder, join(options.folder, 'packages')].join(delimiter),
        PYTHONUTF8: '1',
        PATH: '/usr/local/bin:/usr/bin:/bin',
      },
    });
    this.child.stdout.on('data', (chunk: Buffer) => this.take(chunk));
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.stderr = `${this.stderr}${chunk.toString('utf8')}`.slice(-STDERR_CHARACTERS);
    });
    this.child.on('error', (error) => this.fail(`it cannot be started: ${error.message}`));
    this.child.on('close', (code, signal) => this.fail(`it ended (${signal ?? `exit code ${code}`})`));
    // A process that has ended takes nothing in, which 'close' tells better.
    this.child.stdin.on('error', () => undefined);
  }

  get usable(): boolean {
    return this.end === null;
  }

  /** The line that answers a line; `Grade.Failed` when none comes in time, and the process is ended then. */
  async answer(line: string, timeoutMs: number, signal?: AbortSignal): Promise<string> {
    if (this.end !== null) throw this.error();
    const timer = setTimeout(() => this.kill(`it was silent for ${timeoutMs / 1000} s`), timeoutMs);
    const aborted = (): void => this.kill('the request was given up');
    signal?.addEventListener('abort', aborted, { once: true });
    try {
      return await new Promise<string>((resolve, reject) => {
        this.waiting = { resolve, reject };
        this.child.stdin.write(`${line}\n`);
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    }
  }

  /** Ends it at once: it holds nothing that anybody would miss. */
  kill(why: string): void {
    this.fail(why);
    this.child.kill('SIGKILL');
  }

  /** After `kill`: when the process is gone. */
  async gone(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined)
      return;
    await new Promise((resolve) => this.child.once('close', resolve));
  }

  private take(chunk: Buffer): void {
    if (this.end !== null) return;
    this.bytes += chunk.length;
    if (this.waiting === null) return this.kill('it spoke without being asked');
    if (this.bytes > MAX_LINE_BYTES) return this.kill(`it answered with more than ${MAX_LINE_BYTES} bytes`);
    const text = this.decoder.write(chunk);
    this.chunks.push(text);
    if (!text.endsWith('\n')) return;
    const line = this.chunks.join('');
    const { waiting } = this;
    this.chunks = [];
    this.bytes = 0;
    this.waiting = null;
    waiting.resolve(line);
  }

  private fail(why: string): void {
    this.end ??= why;
    this.waiting?.reject(this.error());
    this.waiting = null;
  }

  private error(): SteadfastError {
    const said = this.stderr.trim();
    return new SteadfastError(
      'Grade.Failed',
      `The grader process answered nothing: ${this.end}${said === '' ? '' : `; it said: ${said}`}`,
    );
  }
}
