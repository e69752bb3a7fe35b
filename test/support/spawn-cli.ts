import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real CLI as a process of its own. */
export function spawnCli(
  rawArgs: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd: string,
) {
  const child = spawn(process.execPath, [MAIN, ...rawArgs], {
    cwd,
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  const heard = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const listener of heard) listener();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((done) => child.once('close', (code) => done({ code, stdout, stderr })));
  return {
    ended,
    interrupt: () => child.kill('SIGINT'),
    end: () => child.kill('SIGTERM'),
    /** Waits until stdout holds a text. */
    until: async (pattern: RegExp) =>
      await Promise.race([
        ended.then(() => {
          throw new Error(`ended without ${pattern}: ${stdout}${stderr}`);
        }),
        new Promise<void>((done) => heard.add(() => pattern.test(stdout) && done())),
      ]),
  };
}
