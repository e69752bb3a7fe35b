import { spawn } from 'node:child_process';

/** How a helper program ended. */
export interface CommandOutcome {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs a program without a shell and gathers both streams; rejects when it cannot be started or runs out of time. */
export function runCommand(
  command: readonly string[],
  options: {
    readonly cwd: string;
    readonly timeoutMs: number;
    readonly stdin?: string;
    readonly env?: Readonly<Record<string, string | undefined>>;
  },
): Promise<CommandOutcome> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      ...(options.env === undefined ? {} : { env: { ...options.env } }),
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const gather = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on('data', gather);
    child.stderr.on('data', gather);
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      if (signal === null) resolve({ exitCode, output });
      else
        reject(
          new Error(`${program} was ended by ${signal} (limit ${options.timeoutMs / 1000} s): ${output}`),
        );
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(options.stdin ?? '');
  });
}
