import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';
import { endWithUs } from './children.ts';
import { freePorts } from './free-ports.ts';

/** What toxiproxy does to connections, as its API has it. */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'reset_peer';
  /** `downstream`: what the server says; `upstream`: what the workers say. */
  readonly stream: 'downstream' | 'upstream';
  /** Share of connections that it applies to. */
  readonly toxicity: number;
  readonly attributes: Readonly<Record<string, number>>;
}

/** A proxy between workers and their Temporal server, which can be cut, slowed and made to reset connections. */
export class Proxy {
  /** Where workers find the server. */
  readonly address: string;
  private readonly child: ChildProcess;
  private readonly api: string;

  private constructor(child: ChildProcess, api: string, address: string) {
    this.child = child;
    this.api = api;
    this.address = address;
  }

  static async start(upstream: string): Promise<Proxy> {
    const [apiPort = 0, port = 0] = await freePorts(2);
    const program = toolPaths(loadConfig().cache).toxiproxy;
    const child = spawn(program, ['-host', '127.0.0.1', '-port', String(apiPort)], { stdio: 'ignore' });
    endWithUs(child);
    const proxy = new Proxy(child, `http://127.0.0.1:${apiPort}`, `127.0.0.1:${port}`);
    try {
      await proxy.untilUp();
      await proxy.ask('POST', '/proxies', {
        name: 'temporal',
        listen: proxy.address,
        upstream,
        enabled: true,
      });
      return proxy;
    } catch (error) {
      proxy.close();
      throw error;
    }
  }

  /** Cuts every connection and refuses new ones, or lets them in again. */
  async setUp(enabled: boolean): Promise<void> {
    await this.ask('POST', '/proxies/temporal', { enabled });
  }

  async add(toxic: Toxic): Promise<void> {
    const name = `${toxic.type}-${toxic.stream}`;
    await this.ask('POST', '/proxies/temporal/toxics', { name, ...toxic });
  }

  /** Takes every fault away. */
  async mend(): Promise<void> {
    await this.ask('POST', '/reset');
  }

  close(): void {
    this.child.kill('SIGKILL');
  }

  private async untilUp(): Promise<void> {
    for (const end = Date.now() + 10_000; ; await sleep(50)) {
      const up = await this.ask('GET', '/version').then(
        () => true,
        () => false,
      );
      if (up) return;
      if (Date.now() > end) throw new Error('toxiproxy did not answer within 10 s');
    }
  }

  private async ask(method: string, path: string, body?: unknown): Promise<void> {
    const answer = await fetch(`${this.api}${path}`, {
      method,
      // It refuses what looks like a browser.
      headers: { 'user-agent': 'steadfast' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`toxiproxy answers ${answer.status} to ${method} ${path}: ${text}`);
  }
}
