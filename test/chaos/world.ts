import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { createFolderArtifacts } from '../../src/adapters/artifacts/folder.ts';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import type { Artifacts } from '../../src/ports/artifacts.ts';
import { type ScriptedEndpoint, startScriptedEndpoint } from '../support/scripted-endpoint.ts';
import { readScriptedInstances } from '../support/scripted-policy.ts';
import { EXAMPLE_DATA, type RunInput, runInput } from './run-input.ts';
import { freePorts } from './free-ports.ts';
import { unmountBelow } from './mounts.ts';
import type { ChaosProcess } from './process.ts';
import { Proxy } from './proxy.ts';
import { tell } from './story.ts';
import { type StartedRun, startRun } from './started-run.ts';
import type { WorldOptions } from './world-options.ts';
import { processesOf } from './world-processes.ts';
import { workerEnvironment } from './world-environment.ts';

/** The checks of one try go on while the next one kills the server, which may be away for half a minute. */
const PATIENT = makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 30 }));

/** A platform of its own: a Temporal server, workers and a scripted model as processes that can be killed. */
export class ChaosWorld {
  readonly root: string;
  readonly store: string;
  readonly artifacts: Artifacts;
  /** Homes of the sandbox hosts, by host. */
  readonly homes: ReadonlyMap<string, string>;
  readonly failpoints: string;
  readonly logs: string;
  readonly data: string;
  /** What every secret of the workers' environment begins with: it must turn up nowhere. */
  readonly canary = `canary-${randomBytes(12).toString('hex')}`;
  readonly endpoint: ScriptedEndpoint;
  readonly client: Client;
  /** Address of the Temporal server itself. */
  readonly address: string;
  readonly policyUrl: string;
  /** Between the workers and the Temporal server; null where there is none. */
  readonly proxy: Proxy | null;
  /** What sandboxes of its runs are made with, unless a run says otherwise. */
  readonly sandbox: string;
  private readonly processes: ReadonlyMap<string, ChaosProcess>;
  private readonly connection: Connection;
  private readonly fields: RunInput;
  private runs = 0;

  private constructor(made: {
    root: string;
    options: WorldOptions;
    ports: readonly number[];
    endpoint: ScriptedEndpoint;
    proxy: Proxy | null;
  }) {
    const { root, options, ports, endpoint, proxy } = made;
    const [temporal = 0, ui = 0, policy = 0] = ports;
    this.root = root;
    this.store = join(root, 'store');
    this.failpoints = join(root, 'failpoints');
    this.logs = join(root, 'logs');
    this.data = options.data ?? EXAMPLE_DATA;
    this.homes = new Map((options.hosts ?? ['a']).map((host) => [host, join(root, `home-${host}`)]));
    this.artifacts = createFolderArtifacts(this.store);
    this.endpoint = endpoint;
    this.proxy = proxy;
    this.address = `127.0.0.1:${temporal}`;
    this.policyUrl = `http://127.0.0.1:${policy}/v1`;
    this.fields = options.run ?? {};
    this.sandbox = typeof this.fields['sandbox'] === 'string' ? this.fields['sandbox'] : 'bubblewrap';
    const env = workerEnvironment(this, [temporal, ui, policy], options.env ?? {});
    this.processes = processesOf({
      env,
      address: proxy?.address ?? this.address,
      homes: this.homes,
      logs: this.logs,
      policyModel: options.policyModel ?? null,
      respawn: options.respawn ?? true,
    });
    this.connection = Connection.lazy({ address: this.address, interceptors: [PATIENT] });
    this.client = new Client({ connection: this.connection });
  }

  /** Starts everything, and answers when all of it is ready. */
  static async start(options: WorldOptions = {}): Promise<ChaosWorld> {
    const root = mkdtempSync(join(tmpdir(), 'steadfast-chaos-'));
    const ports = await freePorts(3);
    const server = `127.0.0.1:${ports[0]}`;
    const endpoint = await startScriptedEndpoint({
      script: 'counting',
      turns: 4,
      instances: readScriptedInstances(options.data ?? EXAMPLE_DATA),
      ...options.endpoint,
    });
    const proxy = options.proxied === true ? await Proxy.start(server) : null;
    const world = new ChaosWorld({ root, options, ports, endpoint, proxy });
    try {
      await Promise.all(
        ['home/temporal', 'failpoints', 'logs'].map((folder) =>
          mkdir(join(root, folder), { recursive: true }),
        ),
      );
      await world.start('temporal');
      await Promise.all(world.names.map((name) => world.start(name)));
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** `temporal`, the workers by role, `sandbox-<host>`, and `policy` where there is one. */
  get names(): readonly string[] {
    return [...this.processes.keys()];
  }

  process(name: string): ChaosProcess {
    const found = this.processes.get(name);
    if (found === undefined) throw new Error(`no process ${name}; there are ${this.names.join(', ')}`);
    return found;
  }

  /** Starts a process unless it runs, and answers when it is ready. */
  async start(name: string): Promise<void> {
    await this.process(name).start();
  }

  /** Answers when a process is ready, or ready again; starts it where nothing else does. */
  async respawn(name: string): Promise<void> {
    await this.process(name).start();
    tell(`${name} is ready again`);
  }

  /** Ends a process at once and answers when it is gone; `SIGKILL` unless given. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    tell(`${signal} to ${name}`);
    await this.process(name).kill(signal);
  }

  /** Asks a process to end and answers when it is gone. */
  async terminate(name: string): Promise<void> {
    tell(`SIGTERM to ${name}`);
    await this.process(name).terminate();
    tell(`${name} has ended`);
  }

  stop(name: string): void {
    tell(`SIGSTOP to ${name}`);
    this.process(name).signal('SIGSTOP');
  }

  cont(name: string): void {
    tell(`SIGCONT to ${name}`);
    this.process(name).signal('SIGCONT');
  }

  /** Workers that start from now on are of the build in that folder. */
  useBuild(folder: string): void {
    for (const { spec } of this.processes.values()) {
      if (spec.ready !== 'message') continue;
      const args = [join(folder, 'src/workers/main.ts'), ...spec.args.slice(1)];
      this.process(spec.name).spec = { ...spec, args, cwd: folder };
    }
  }

  /** Arms a failpoint: `kill`, `stop` or `delay <ms>` happens when a process reaches it next, once. */
  async armFailpoint(name: string, content: string): Promise<void> {
    tell(`failpoint ${name} armed: ${content}`);
    await writeFile(join(this.failpoints, name), content);
  }

  /** Starts a run and answers its summary. */
  async run(input: RunInput = {}): Promise<RunSummary> {
    return await (await this.begin(input)).result();
  }

  /** Starts a run, which must end within five minutes unless told; `run` names it, else a name is made. */
  async begin(input: RunInput = {}, withinMs?: number): Promise<StartedRun> {
    const run = input.run ?? `chaos-${++this.runs}-${randomBytes(3).toString('hex')}`;
    const full = { ...runInput(this.endpoint.url, this.data), ...this.fields, ...input, run };
    return await startRun(this.client, full, withinMs);
  }

  /** Ends every process, and removes every file unless they are to be kept. */
  async close(keep = false): Promise<void> {
    const workers = this.names.filter((name) => name !== 'temporal');
    await Promise.all(workers.map((name) => this.end(name)));
    await this.end('temporal');
    await this.connection.close();
    await this.endpoint.close();
    this.proxy?.close();
    if (keep) return;
    await unmountBelow(this.root);
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  private async end(name: string): Promise<void> {
    const one = this.process(name);
    one.immortal = false;
    one.signal('SIGCONT');
    await one.terminate();
  }
}
