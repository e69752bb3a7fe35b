import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { loadConfig } from '../../src/config.ts';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import { readLiveState } from '../../src/local/platform-state.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';
import { type Ended, spawnCli } from './spawn-cli.ts';
import { cacheWithoutTrainer } from './without-trainer.ts';

/** The lines of `--json` that tests read. */
export interface TrajectoryLine {
  readonly type: 'trajectory' | 'run';
  readonly instance_id: string;
  readonly reward: number | null;
  readonly resolved: boolean;
  readonly stop_reason: string;
}

/** The whole embedded platform, brought up by the real CLI, with a home and ports of its own. */
export class PlatformWorld {
  readonly home: string;
  readonly store: string;
  private readonly environment: Readonly<Record<string, string>>;

  private constructor(home: string, ports: readonly number[], variables: Readonly<Record<string, string>>) {
    this.home = home;
    this.store = join(home, 'store');
    const [temporal, ui, policy] = ports.map(String);
    this.environment = {
      ...(process.env as Record<string, string>),
      ...variables,
      STEADFAST_HOME: this.home,
      STEADFAST_TEMPORAL_PORT: temporal ?? '',
      STEADFAST_UI_PORT: ui ?? '',
      STEADFAST_POLICY_PORT: policy ?? '',
    };
  }

  static async start(
    of: {
      readonly home?: string;
      /** As on a machine where set-up left the policy server out. */
      readonly withoutPolicyServer?: boolean;
    } = {},
  ): Promise<PlatformWorld> {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const home = of.home ?? mkdtempSync(join(tmpdir(), 'steadfast-e2e-'));
    const cache =
      of.withoutPolicyServer === true ? { STEADFAST_CACHE: cacheWithoutTrainer(join(home, 'cache')) } : {};
    const world = new PlatformWorld(home, ports, { OPENAI_API_KEY: 'default', ...cache });
    const { code, stderr } = await world.steadfast(['up']);
    if (code !== 0) throw new Error(`steadfast up: ${stderr}`);
    return world;
  }

  /** Ends all processes, and leaves what they have written. */
  async down(): Promise<void> {
    await this.steadfast(['down']);
  }

  async stop(): Promise<void> {
    await this.down();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  spawn(rawArgs: readonly string[]): ReturnType<typeof spawnCli> {
    return spawnCli(rawArgs, this.environment, this.home);
  }

  async steadfast(rawArgs: readonly string[]): Promise<Ended> {
    return await this.spawn(rawArgs).ended;
  }

  /** Runs a command of the plain `temporal` CLI against the platform's server. */
  async temporal(...rawArgs: string[]): Promise<string> {
    const config = loadConfig(this.environment);
    const address = `127.0.0.1:${config.temporalPort}`;
    const { stdout } = await promisify(execFile)(toolPaths(config.cache).temporal, [
      ...rawArgs,
      '--address',
      address,
    ]);
    return stdout;
  }

  /** Starts `train` by the plain CLI from a file and waits for its result. */
  async runByTemporal(workflowId: string, inputFile: string): Promise<RunSummary> {
    const of = ['--workflow-id', workflowId];
    const how = ['--type', 'train', '--task-queue', 'steadfast', '--input-file', inputFile];
    await this.temporal('workflow', 'start', ...how, ...of);
    const shown: unknown = JSON.parse(await this.temporal('workflow', 'result', ...of, '-o', 'json'));
    return (shown as { result: RunSummary }).result;
  }

  /** When a workflow began and ended, as ISO times. */
  async timesOf(workflowId: string): Promise<{ readonly startTime: string; readonly closeTime: string }> {
    const described: unknown = JSON.parse(
      await this.temporal('workflow', 'describe', '-w', workflowId, '-o', 'json'),
    );
    return (described as { workflowExecutionInfo: { startTime: string; closeTime: string } })
      .workflowExecutionInfo;
  }

  /** kill -9 of one process of the platform, by its name; answers once another has taken its place. */
  async kill(name: string): Promise<void> {
    const before = this.pidOf(name);
    if (before === undefined) throw new Error(`no process ${name} to kill`);
    process.kill(before, 'SIGKILL');
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
      const now = this.pidOf(name);
      if (now !== undefined && now !== before) return;
    }
    throw new Error(`${name} did not come back within 60 s`);
  }

  private pidOf(name: string): number | undefined {
    return readLiveState(this.home)?.processes.find((one) => one.name === name)?.process?.pid;
  }
}

/** The JSON lines of a command's output. */
export function linesOf({ code, stdout, stderr }: Ended): readonly TrajectoryLine[] {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrajectoryLine);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
