import { adapterVersionOf, type PolicyVersion } from '../../domain/ids.ts';
import type { LoraReplica } from './lora-replica.ts';

/** Longer than tools between two calls of a rollout take mostly; a version that is wanted again is loaded again. */
const IDLE_MS = 900_000;

/** A policy version as a replica has it. */
export interface Adapter {
  readonly version: PolicyVersion;
  readonly name: string;
  /** Where the replica reads it. */
  readonly folder: string;
}

interface Loaded {
  readonly version: PolicyVersion;
  readonly loading: Promise<void>;
  inUse: number;
  usedAt: number;
}

/** What is loaded at one replica, as one worker knows it. */
export interface LoadedAdapters {
  readonly url: string;
  /** Does something while an adapter is loaded, which nobody takes away meanwhile. */
  use<T>(adapter: Adapter, body: () => Promise<T>): Promise<T>;
  /** The replica has lost an adapter: it is to be loaded again. */
  forget(adapter: Adapter): void;
}

/** Keeps account of one replica's adapters. */
export function createLoadedAdapters(replica: LoraReplica, idleMs: number = IDLE_MS): LoadedAdapters {
  const known = new Map<string, Loaded>();
  const runs = new Set<string>();

  async function use<T>(adapter: Adapter, body: () => Promise<T>): Promise<T> {
    const entry = known.get(adapter.name) ?? begin(adapter);
    entry.inUse++;
    try {
      await entry.loading;
      return await body();
    } finally {
      entry.inUse--;
      entry.usedAt = Date.now();
    }
  }

  /** Many rollouts ask at once for a version that is new: it is loaded once. */
  function begin({ name, version, folder }: Adapter): Loaded {
    const entry = { version, loading: replica.load(name, folder), inUse: 0, usedAt: Date.now() };
    known.set(name, entry);
    entry.loading.then(
      () => void makeRoom(version),
      () => drop(name, entry),
    );
    return entry;
  }

  /** Takes away what nobody has asked for in a while of the run whose new version has come. */
  async function makeRoom({ run, step }: PolicyVersion): Promise<void> {
    await adopt(run);
    for (const [name, entry] of known) {
      const isOlder = entry.version.run === run && entry.version.step < step;
      if (!isOlder || entry.inUse > 0 || Date.now() - entry.usedAt < idleMs) continue;
      // What does not go now is asked to go when the next version comes.
      await replica.unload(name).then(
        () => drop(name, entry),
        () => undefined,
      );
    }
  }

  /** What a worker before this one has loaded for a run. */
  async function adopt(run: string): Promise<void> {
    if (runs.has(run)) return;
    runs.add(run);
    for (const name of await replica.listed().catch(() => [])) {
      const version = adapterVersionOf(name, run);
      if (version === null || known.has(name)) continue;
      known.set(name, { version, loading: Promise.resolve(), inUse: 0, usedAt: Date.now() });
    }
  }

  function drop(name: string, entry: Loaded): void {
    if (known.get(name) === entry) known.delete(name);
  }

  function forget({ name }: Adapter): void {
    known.delete(name);
  }

  return { url: replica.url, use, forget };
}
