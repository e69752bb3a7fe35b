import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { fingerprints } from './platform-environment.ts';
import { readState, removeState, writeState, type PlatformState } from './platform-state.ts';
import { identify, isAlive, signal } from './process-identity.ts';
import type { PlatformSpecs } from './process-specs.ts';
import { SupervisedProcess, type Backoff, type ProcessSpec } from './supervised-process.ts';

/** The platform's processes from start to drain, with platform.json kept true to them. */
export class PlatformRun {
  private readonly temporal: SupervisedProcess | null;
  private readonly policy: SupervisedProcess | null;
  private readonly workers: readonly SupervisedProcess[];
  private readonly config: Config;
  private readonly model: string | null;
  private readonly environment: NonNullable<PlatformState['environment']>;
  private phase: PlatformState['phase'] = 'starting';
  private stopping: Promise<void> | null = null;
  private readonly startedAt = new Date().toISOString();

  constructor(config: Config, model: string | null, specs: PlatformSpecs, backoff?: Backoff) {
    this.config = config;
    this.model = model;
    this.environment = fingerprints(config);
    const supervise = (spec: ProcessSpec) =>
      new SupervisedProcess(spec, config.home, () => this.save(), backoff);
    this.temporal = specs.temporal === null ? null : supervise(specs.temporal);
    this.policy = specs.policy === null ? null : supervise(specs.policy);
    this.workers = specs.workers.map(supervise);
  }

  /**
   * Brings all up; returns when all were ready once, or when stopped. `mayWork` is asked when the server answers and before
   * anything is taken from it; where it rejects, no worker starts.
   */
  async start(mayWork: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    this.save();
    // The policy server needs nobody and takes the longest: its imports are seconds of computing.
    this.policy?.start();
    this.temporal?.start();
    if ((await this.temporal?.untilReady()) === false) return;
    await mayWork();
    for (const worker of this.workers) worker.start();
    const rest = [...this.workers, ...(this.policy === null ? [] : [this.policy])];
    const ready = await Promise.all(rest.map((one) => one.untilReady()));
    if (!ready.every(Boolean) || this.phase === 'stopping') return;
    this.phase = 'ready';
    this.save();
  }

  /** Ends all in reverse order: workers first, so that they can still report, the server last. Asked again it waits for the same end. */
  async stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    await this.stopping;
  }

  private async stopAll(): Promise<void> {
    this.phase = 'stopping';
    this.save();
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await this.policy?.stop();
    await this.temporal?.stop();
    removeState(this.config.home);
  }

  /** A full disk makes platform.json stale; it must not end, or keep from ending, the processes. */
  private save(): void {
    try {
      writeState(this.config.home, this.state());
    } catch (error) {
      console.error(`platform.json could not be written: ${error instanceof Error ? error.message : error}`);
    }
  }

  private state(): PlatformState {
    const supervisor = identify(process.pid);
    if (supervisor === undefined) throw new Error('this process cannot find itself');
    const processes = [this.temporal, this.policy, ...this.workers].filter((one) => one !== null);
    return {
      supervisor,
      startedAt: this.startedAt,
      phase: this.phase,
      ports: { temporal: this.config.temporalPort, ui: this.config.uiPort, policy: this.config.policyPort },
      model: this.model,
      processes: processes.map((one) => one.state()),
      environment: this.environment,
    };
  }
}

/** Ends what a supervisor left behind that was killed before it could: its processes still hold the ports. */
export async function endOrphans(home: string): Promise<void> {
  const left = readState(home)?.processes.flatMap((one) => (one.process === null ? [] : [one.process])) ?? [];
  for (const orphan of left) signal(orphan, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < 5000 && left.some(isAlive); waitedMs += 50) await sleep(50);
  for (const orphan of left) signal(orphan, 'SIGKILL');
}
