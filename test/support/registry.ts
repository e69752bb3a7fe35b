import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { tarOf } from '../../src/adapters/sandbox/docker/tar.ts';
import { loadConfig } from '../../src/config.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';
import { freePorts } from '../chaos/free-ports.ts';

/** What `login` opens, as htpasswd keeps it. */
const USERS = 'ali:$2b$04$0mRbWgun8Bxu.0NoyWdrBeWOfgkUHrHWJIVMkSQ0mvhN/41DNFEqy\n';
export const LOGIN = { username: 'ali', password: 'open sesame' };

/** Docker's own registry with faults in front of it; images in it and on the daemon have names that no other test has. */
export class Registry {
  readonly address: string;
  /** `METHOD path` of each request, in order. */
  readonly requests: string[] = [];
  /** Answers every request for a manifest by HTTP 429, as a registry does whose limit is reached. */
  limitReached = false;
  /** Layers that are cut off half-way before the next is whole. */
  cuts = 0;
  /** What a layer waits for before it is sent. */
  gate: Promise<void> = Promise.resolve();
  private readonly child: ChildProcess;
  private readonly proxy: Server;
  private readonly folder: string;
  private readonly port: number;
  private readonly login: typeof LOGIN | null;

  private constructor(
    folder: string,
    child: ChildProcess,
    ports: readonly number[],
    login: typeof LOGIN | null,
  ) {
    const [port = 0, front = 0] = ports;
    this.folder = folder;
    this.child = child;
    this.port = port;
    this.login = login;
    this.address = `127.0.0.1:${front}`;
    this.proxy = createServer((asked, answer) => this.pass(asked, answer)).listen(front, '127.0.0.1');
  }

  static async start(options: { readonly login?: boolean } = {}): Promise<Registry> {
    const folder = await mkdtemp(join(tmpdir(), 'steadfast-registry-'));
    const ports = await freePorts(2);
    const login = options.login === true ? LOGIN : null;
    await writeFile(join(folder, 'htpasswd'), USERS);
    const config = {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'store') } },
      http: { addr: `127.0.0.1:${ports[0]}` },
      ...(login === null ? {} : { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
    };
    await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
    const program = toolPaths(loadConfig().cache).registry;
    const child = spawn(program, ['serve', join(folder, 'config.yml')], {
      env: { OTEL_TRACES_EXPORTER: 'none' },
      // It notes each refusal that a test provokes.
      stdio: 'ignore',
    });
    const registry = new Registry(folder, child, ports, login);
    for (let tries = 0; !(await registry.answers()); tries++) {
      if (tries > 200 || child.exitCode !== null) {
        await registry.stop();
        throw new Error(`${program} did not start within 20 s`);
      }
      await sleep(100);
    }
    registry.requests.length = 0;
    return registry;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    this.proxy.closeAllConnections();
    this.proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Puts a small image into the registry, which the daemon then has no more; answers its name. */
  async put(docker: Docker, what = 'image', bytes = 1 << 20): Promise<string> {
    const name = `${this.address}/steadfast-test/${what}-${randomBytes(4).toString('hex')}`;
    const archive = tarOf(new Map([['content', randomBytes(bytes)]]));
    const stream = await docker.importImage(archive as unknown as string, { repo: name, tag: '1' });
    await follow(docker, stream);
    await this.push(docker, `${name}:1`);
    await docker.getImage(`${name}:1`).remove();
    return `${name}:1`;
  }

  /** Pushes what the daemon has under a name of this registry. */
  async push(docker: Docker, name: string): Promise<void> {
    const colon = name.lastIndexOf(':');
    const [repository, tag] = [name.slice(0, colon), name.slice(colon + 1)];
    const authconfig = this.login ?? { username: 'x', password: 'x' };
    await follow(docker, await docker.getImage(repository).push({ tag, authconfig }));
  }

  private async answers(): Promise<boolean> {
    const answered = await fetch(`http://${this.address}/v2/`).catch(() => null);
    return answered !== null && answered.status < 500;
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const path = asked.url ?? '';
    const isLayer = asked.method === 'GET' && path.includes('/blobs/');
    this.requests.push(`${asked.method} ${path}`);
    if (this.limitReached && path.includes('/manifests/')) {
      answer.writeHead(429, { 'content-type': 'application/json' });
      const error = { code: 'TOOMANYREQUESTS', message: 'You have reached your pull rate limit.' };
      answer.end(JSON.stringify({ errors: [error] }));
      return;
    }
    const { method, headers } = asked;
    const onward = request({ host: '127.0.0.1', port: this.port, method, path, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      const isLarge = Number(got.headers['content-length'] ?? 0) > 100_000;
      if (!isLayer || !isLarge) got.pipe(answer);
      else if (this.cuts-- > 0) {
        got.once('data', (data: Buffer) => answer.write(data.subarray(0, 1000), () => answer.destroy()));
      } else void this.gate.then(() => got.pipe(answer));
    });
    onward.on('error', () => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end();
    });
    asked.pipe(onward);
  }
}

async function follow(docker: Docker, stream: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, events: readonly { readonly error?: string }[]) => {
      const failed = error?.message ?? events.find((event) => event.error !== undefined)?.error;
      if (failed === undefined) resolve();
      else reject(new Error(failed));
    });
  });
}
