import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithUs } from './children.ts';
import type { ProcessSpec } from '../../src/local/supervised-process.ts';

/** From its start; a loaded machine bundles the workflows within it too. */
const READY_MS = 120_000;

/** One process of a world, that can be killed, frozen and started again. */
export class ChaosProcess {
  /** How it is started next. */
  spec: ProcessSpec;
  /** Whether a death is followed by a new start. */
  immortal: boolean;
  private readonly log: string;
  private child: ChildProcess | null = null;
  private ready = false;
  private ended: Promise<void> = Promise.resolve();

  constructor(spec: ProcessSpec, log: string, immortal: boolean) {
    this.spec = spec;
    this.log = log;
    this.immortal = immortal;
  }

  /** Null while none runs. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Starts it unless it runs, and answers once it is ready. */
  async start(): Promise<void> {
    if (this.child === null) this.spawn();
    await this.untilReady();
  }

  /** Answers once it is ready, started by whom it may. */
  async untilReady(): Promise<void> {
    for (const end = Date.now() + READY_MS; !this.ready; await sleep(20)) {
      if (Date.now() > end) throw new Error(`${this.spec.name} was not ready within ${READY_MS} ms`);
      if (this.child === null && !this.immortal) throw new Error(`${this.spec.name} ended, see ${this.log}`);
    }
  }

  /** Ends it by a signal and answers when it is gone; the next life may have begun by then. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { ended } = this;
    this.child?.kill(signal);
    await ended;
  }

  /** Asks it to end, and ends it when its grace is over. */
  async terminate(): Promise<void> {
    const { child } = this;
    const timer = setTimeout(() => child?.kill('SIGKILL'), this.spec.graceMs);
    await this.kill('SIGTERM');
    clearTimeout(timer);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(signal);
  }

  private spawn(): void {
    const { command, args, cwd, env, ready } = this.spec;
    mkdirSync(dirname(this.log), { recursive: true });
    const log = openSync(this.log, 'a');
    const stdio: ('ignore' | 'ipc' | number)[] =
      ready === 'message' ? ['ignore', log, log, 'ipc'] : ['ignore', log, log];
    const child = spawn(command, args, { cwd, env: { ...env }, stdio });
    closeSync(log);
    endWithUs(child);
    this.child = child;
    this.ready = false;
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.child = null;
        this.ready = false;
        resolve();
        // Not in a tight circle, should it be unable to start.
        setTimeout(() => this.immortal && this.child === null && this.spawn(), 50);
      };
      child.once('exit', end);
      child.once('error', end);
    });
    if (ready === 'message') child.on('message', (message) => (this.ready ||= message === 'ready'));
    else void this.ask(child, ready);
  }

  private async ask(child: ChildProcess, ready: () => Promise<boolean>): Promise<void> {
    while (this.child === child && !this.ready) {
      if ((await ready()) && this.child === child) this.ready = true;
      else await sleep(50);
    }
  }
}
