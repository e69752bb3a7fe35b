import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

/** How far a supervised process has come. */
export type ProcessPhase = 'waiting' | 'starting' | 'ready' | 'stopped';

/** One process of the embedded platform, as platform.json shows it. */
export interface ProcessState {
  readonly name: string;
  readonly phase: ProcessPhase;
  readonly process: ProcessIdentity | null;
  readonly restarts: number;
}

/** What platform.json holds: who supervises, where the parts listen, how each is. */
export interface PlatformState {
  readonly supervisor: ProcessIdentity;
  readonly startedAt: string;
  readonly phase: 'starting' | 'ready' | 'stopping';
  readonly ports: { readonly temporal: number; readonly ui: number; readonly policy: number };
  /** The folder or name of the model that the policy server loaded at start. */
  readonly model: string | null;
  readonly processes: readonly ProcessState[];
  /** A SHA-256 for each variable that its processes were started with, by name. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where platform.json stands. */
function stateFile(home: string): string {
  return join(home, 'platform.json');
}

/** The state as last written, whether or not its processes still live; undefined when there is none or it can't be read. */
export function readState(home: string): PlatformState | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(home), 'utf8')) as PlatformState;
  } catch {
    return undefined;
  }
}

/** The state of a platform whose supervisor lives. */
export function readLiveState(home: string): PlatformState | undefined {
  const state = readState(home);
  return state !== undefined && isAlive(state.supervisor) ? state : undefined;
}

/** Replaces platform.json in one step, so that no reader sees half of it. */
export function writeState(home: string, state: PlatformState): void {
  const file = stateFile(home);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(draft, file);
}

/** Removes platform.json. */
export function removeState(home: string): void {
  rmSync(stateFile(home), { force: true });
}

/** Takes the lock that one supervisor holds; false when another live one has it. */
export function takeLock(home: string): boolean {
  mkdirSync(home, { recursive: true });
  const file = join(home, 'platform.lock');
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    for (;;) {
      if (linked(own, file) && staysOurs(file)) return true;
      const holder = readHolder(file);
      if (holder !== undefined && isAlive(holder)) return false;
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Gives the lock back. */
export function releaseLock(home: string): void {
  rmSync(join(home, 'platform.lock'), { force: true });
}

/** Who saw the last holder dead a moment before us may have removed our lock for its own. */
function staysOurs(file: string): boolean {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  return readHolder(file)?.pid === process.pid;
}

function linked(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
