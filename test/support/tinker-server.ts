import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';
import { freePorts } from '../chaos/free-ports.ts';

/** A server that speaks Tinker's API, as an operator starts SkyRL's; its state outlives its deaths. */
export class TinkerServer {
  readonly baseUrl: string;
  private readonly port: number;
  private readonly folder: string;
  private readonly model: string;
  private server: ChildProcess | null = null;

  private constructor(port: number, folder: string, model: string) {
    this.port = port;
    this.folder = folder;
    this.model = model;
    this.baseUrl = `http://127.0.0.1:${port}`;
  }

  /** One that trains on the base model in `model`, with its state in `folder`. */
  static async start(options: { readonly folder: string; readonly model: string }): Promise<TinkerServer> {
    const [port] = await freePorts(1);
    mkdirSync(options.folder, { recursive: true });
    const server = new TinkerServer(Number(port), options.folder, options.model);
    await server.serve();
    return server;
  }

  /** Starts it, or starts it again after its death; returns when it takes requests. */
  async serve(): Promise<void> {
    const { cache, environment } = loadConfig();
    const { uv, skyrlPython, skyrlEnv } = toolPaths(cache);
    const log = openSync(join(this.folder, 'log'), 'a');
    // It starts its engine by the uv that it was started by.
    const skyrl = ['run', '--no-project', '--python', skyrlPython, '-m', 'skyrl.tinker.api'];
    const options = {
      'base-model': this.model,
      backend: 'jax',
      'backend-config': JSON.stringify({
        max_lora_adapters: 6,
        max_lora_rank: 16,
        train_micro_batch_size: 8,
      }),
      'checkpoints-base': join(this.folder, 'checkpoints'),
      'database-url': `sqlite:///${join(this.folder, 'tinker.db')}`,
      host: '127.0.0.1',
      port: String(this.port),
    };
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    this.server = spawn(uv, [...skyrl, ...flags], {
      cwd: this.folder,
      // A group of its own, which is ended whole: uv, the API and the engine.
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...environment,
        PATH: [dirname(uv), environment['PATH']].join(delimiter),
        UV_OFFLINE: '1',
        OMP_NUM_THREADS: '1',
        // Its log breaks no lines.
        COLUMNS: '1000',
        JAX_PLATFORMS: 'cpu',
        XLA_FLAGS: '--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1',
        // What was compiled once, in another test too, is not compiled again.
        JAX_COMPILATION_CACHE_DIR: `${skyrlEnv}-compiled`,
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: '0',
      },
    });
    closeSync(log);
    await this.ready();
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    const server = this.server;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    process.kill(-server.pid, 'SIGKILL');
    await ended;
  }

  /** Resolves when it has been asked for something, by a part of its log's lines, once more than before. */
  async asked(what: string): Promise<void> {
    const count = (): number => readFileSync(join(this.folder, 'log'), 'utf8').split(what).length;
    const before = count();
    while (count() === before) await sleep(50);
  }

  private async ready(): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      if (this.server?.exitCode !== null) break;
      const answer = await fetch(`${this.baseUrl}/api/v1/healthz`).catch(() => null);
      if (answer?.ok === true) return;
      await sleep(200);
    }
    throw new Error(`SkyRL's Tinker server did not start; its log is ${join(this.folder, 'log')}`);
  }
}
