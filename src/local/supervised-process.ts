import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from './logs.ts';
import type { ProcessPhase, ProcessState } from './platform-state.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';

/** How to run one process, and how to know that it is ready. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** 'message': it sends 'ready' over its IPC channel; a function: asked until it says true. */
  readonly ready: 'message' | (() => Promise<boolean>);
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
}

/** The waits before a dead process is started again; one that had been ready is started at once the first time. */
export interface Backoff {
  /** Before the first start that is not at once. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** A process that was ready for this long begins anew, without a wait. */
  readonly healthyMs: number;
}

/** 1 s doubling to 30 s: gentle for a process that dies again and again. */
const defaultBackoff: Backoff = { firstMs: 1000, longestMs: 30_000, healthyMs: 10_000 };

/** Keeps one process alive until it is told to stop. */
export class SupervisedProcess {
  private child: ChildProcess | undefined;
  private identity: ProcessIdentity | null = null;
  private phase: ProcessPhase = 'waiting';
  private restarts = 0;
  private readyAt: number | null = null;
  private stopping = false;
  private readonly woken = new AbortController();
  private finished: Promise<void> = Promise.resolve();
  readonly spec: ProcessSpec;
  private readonly home: string;
  private readonly onChange: () => void;
  private readonly backoff: Backoff;

  constructor(spec: ProcessSpec, home: string, onChange: () => void, backoff: Backoff = defaultBackoff) {
    this.spec = spec;
    this.home = home;
    this.onChange = onChange;
    this.backoff = backoff;
  }

  /** Starts it, and starts it again whenever it ends. */
  start(): void {
    this.finished = this.keepAlive();
  }

  /** Resolves once it was ready for the first time; false when it was stopped before. */
  async untilReady(): Promise<boolean> {
    while (this.phase !== 'ready' && !this.stopping) await sleep(20);
    return this.phase === 'ready';
  }

  /** Asks it to end, and ends it when its grace is over. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.woken.abort();
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), this.spec.graceMs);
    this.child?.kill('SIGTERM');
    await this.finished;
    clearTimeout(timer);
    this.setPhase('stopped');
  }

  /** What platform.json shows of it. */
  state(): ProcessState {
    return { name: this.spec.name, phase: this.phase, process: this.identity, restarts: this.restarts };
  }

  private async keepAlive(): Promise<void> {
    const { firstMs, longestMs, healthyMs } = this.backoff;
    let waitMs = 0;
    while (!this.stopping) {
      this.readyAt = null;
      await this.runOnce();
      if (this.stopping) return;
      // What was killed while it worked is missed by the second; what never was ready will hardly be now.
      const readyMs = this.readyAt === null ? -1 : Date.now() - this.readyAt;
      if (readyMs >= healthyMs) waitMs = 0;
      else if (readyMs < 0) waitMs = Math.max(waitMs, firstMs);
      this.setPhase('waiting');
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.woken.signal }).catch(() => undefined);
      waitMs = Math.min(Math.max(waitMs * 2, firstMs), longestMs);
      this.restarts += 1;
    }
  }

  private runOnce(): Promise<void> {
    const { command, args, cwd, env, ready, name } = this.spec;
    const log = openLog(this.home, name);
    // The channel also tells a worker of ours that its supervisor has died: it is closed then.
    const stdio =
      ready === 'message' ? (['ignore', log, log, 'ipc'] as const) : (['ignore', log, log] as const);
    const child = spawn(command, args, { cwd, env: { ...env }, stdio: [...stdio] });
    closeSync(log);
    this.child = child;
    this.identity = child.pid === undefined ? null : (identify(child.pid) ?? null);
    this.setPhase('starting');
    if (ready === 'message') child.on('message', (message) => message === 'ready' && this.setPhase('ready'));
    else void this.askUntilReady(child, ready);
    return new Promise((resolve) => {
      const ended = () => {
        this.identity = null;
        this.child = undefined;
        resolve();
      };
      child.once('error', ended);
      child.once('exit', ended);
    });
  }

  private async askUntilReady(child: ChildProcess, ask: () => Promise<boolean>): Promise<void> {
    while (this.child === child && this.phase === 'starting') {
      // Asked of the address, not of the process: the answer counts only while this child lives.
      if ((await ask()) && this.child === child) this.setPhase('ready');
      else await sleep(100);
    }
  }

  private setPhase(phase: ProcessPhase): void {
    if (this.phase === phase && phase !== 'starting') return;
    this.phase = phase;
    if (phase === 'ready') this.readyAt = Date.now();
    this.onChange();
  }
}
