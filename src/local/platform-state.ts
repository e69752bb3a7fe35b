import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
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

/** Who holds the lock; on another host nothing can be told of its process but by the lock's time. */
interface Holder extends ProcessIdentity {
  readonly host?: string;
}

/** A live supervisor touches its lock so often. */
const TOUCH_MS = 10_000;
/** One that has not for so long is dead, wherever it was. */
const DEAD_MS = 60_000;

/**
 * Takes the lock that one supervisor holds; false when another live one has it. Throws when that one may be alive on another
 * host, where a home is on a shared disk: two platforms on one database would both carry out its runs.
 */
export function takeLock(home: string): boolean {
  mkdirSync(home, { recursive: true });
  const file = lockFile(home);
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ ...identify(process.pid), host: hostname() }));
  try {
    for (;;) {
      if (linked(own, file) && staysOurs(file)) return true;
      const holder = readHolder(file);
      if (holder !== undefined) refuseElsewhere(home, holder);
      if (holder !== undefined && isAlive(holder)) return false;
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Keeps the lock fresh for those on other hosts, until the process ends. */
export function keepLock(home: string): void {
  const touch = () => {
    const now = new Date();
    try {
      utimesSync(lockFile(home), now, now);
    } catch {
      // A full or absent disk: there is nobody to tell.
    }
  };
  setInterval(touch, TOUCH_MS).unref();
}

/** Gives the lock back. */
export function releaseLock(home: string): void {
  rmSync(lockFile(home), { force: true });
}

function lockFile(home: string): string {
  return join(home, 'platform.lock');
}

function refuseElsewhere(home: string, { host }: Holder): void {
  if (host === undefined || host === hostname()) return;
  const age = Date.now() - (statSync(lockFile(home), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (age > DEAD_MS) return;
  throw new Error(
    `the platform of ${home} is up on ${host}: steadfast down there, or set another STEADFAST_HOME here ` +
      `(if ${host} is gone, try again in a minute)`,
  );
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

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
