import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../../src/config.ts';
import { toolPaths } from '../../../src/local/setup/paths.mjs';

const program = fileURLToPath(new URL('zygote.py', import.meta.url));

/** A policy server that was forked. */
export interface Fork {
  readonly pid: number;
  /** Settles when the process is gone, with its exit code or the negative number of the signal that ended it. */
  readonly ended: Promise<number>;
  kill(): Promise<void>;
}

/** A process with all that a policy server imports, which forks one for each start. */
export interface Zygote {
  /** Starts a server on the port, and waits until it listens; files in `failpoints` arm its moments. */
  serve(port: number, failpoints: string): Promise<Fork>;
  makeModel(folder: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts the zygote, which takes the seconds that a server's start takes otherwise. */
export async function startZygote(): Promise<Zygote> {
  const paths = toolPaths(loadConfig().cache);
  const child = spawn(paths.trainerPython, [program], {
    cwd: paths.trainer,
    env: { PATH: '/usr/bin:/bin', PYTHONPATH: paths.trainer },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines = listen(child);
  await lines.next((line) => line.includes('"ready"'));

  async function forked(order: object): Promise<Fork> {
    const started = lines.next((line) => line.startsWith('{"started"'));
    child.stdin?.write(`${JSON.stringify(order)}\n`);
    const pid = fieldOf(await started, 'started');
    const ended = lines
      .next((line) => line.startsWith(`{"ended": ${pid},`))
      .then((line) => fieldOf(line, 'code'));
    const kill = async (): Promise<void> => {
      process.kill(pid, 'SIGKILL');
      await ended;
    };
    return { pid, ended, kill };
  }

  return {
    async serve(port, failpoints) {
      const ready = lines.next((line) => line.includes(' ready on '));
      const flags = ['--port', String(port), '--threads', '1', '--device', 'cpu'];
      const fork = await forked({ serve: flags, failpoints });
      const code = await Promise.race([ready.then(() => null), fork.ended]);
      if (code !== null) throw new Error(`the policy server ended with ${code} before it was ready`);
      return fork;
    },
    async makeModel(folder) {
      const code = await (await forked({ make_model: folder })).ended;
      if (code !== 0) throw new Error(`no model was made in ${folder}: exit code ${code}`);
    },
    async close() {
      child.stdin?.end();
      await lines.closed;
    },
  };
}

/** The lines that a process writes, handed to whoever waits for them; what it says beside that is told when it dies. */
function listen(child: ChildProcess) {
  const waiting = new Set<{
    match: (line: string) => boolean;
    resolve: (line: string) => void;
    reject: (why: Error) => void;
  }>();
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  if (child.stdout === null) throw new Error('the zygote has no output');
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => {
    for (const waiter of [...waiting].filter(({ match }) => match(line))) {
      waiting.delete(waiter);
      waiter.resolve(line);
    }
  });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => {
      for (const waiter of waiting) waiter.reject(new Error(`the zygote has ended: ${said}`));
      resolve();
    });
  });
  return {
    closed,
    async next(match: (line: string) => boolean): Promise<string> {
      return await new Promise((resolve, reject) => waiting.add({ match, resolve, reject }));
    },
  };
}

function fieldOf(line: string, name: string): number {
  return Number((JSON.parse(line) as Record<string, unknown>)[name]);
}

/** A port that was free a moment ago; a server that is started again takes the same one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
