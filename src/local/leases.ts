import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from './process-identity.ts';

/** The claim of a workflow on a sandbox of this host, with an end. */
export interface Lease {
  /** Of the sandbox. */
  readonly name: string;
  /** The host whose worker opened it; null where this installation found it open. */
  readonly host: string | null;
  /** The worker that renewed it last. */
  readonly process: ProcessIdentity | null;
  readonly expiresAt: string;
}

/** Longer than several looks of a reaper, short enough to tell soon that nobody looks any more. */
const LEASE_MS = 60_000;

/** The leases of an installation: a file each, so that another process can read them when the worker is dead. */
export class Leases {
  private readonly folder: string;

  constructor(home: string) {
    this.folder = join(home, 'leases');
  }

  /** Takes or renews a lease from now on; a host that was named stays. */
  renew(name: string, host: string | null, holder: ProcessIdentity | null, nowMs = Date.now()): void {
    const expiresAt = new Date(nowMs + LEASE_MS).toISOString();
    const lease: Lease = { name, host: host ?? this.read(name)?.host ?? null, process: holder, expiresAt };
    mkdirSync(this.folder, { recursive: true });
    const file = this.fileOf(name);
    const draft = `${file}.${process.pid}.part`;
    writeFileSync(draft, JSON.stringify(lease));
    renameSync(draft, file);
  }

  /** Null where there is none, or it can't be read. */
  read(name: string): Lease | null {
    return readLease(this.fileOf(name));
  }

  drop(name: string): void {
    rmSync(this.fileOf(name), { force: true });
  }

  /** Removes the leases of sandboxes that are no longer there; a lease that still runs may be of one that is opening. */
  prune(present: ReadonlySet<string>, nowMs = Date.now()): void {
    for (const lease of this.all()) {
      if (!present.has(lease.name) && Date.parse(lease.expiresAt) < nowMs) this.drop(lease.name);
    }
  }

  all(): readonly Lease[] {
    let files: readonly string[];
    try {
      files = readdirSync(this.folder);
    } catch {
      return [];
    }
    const leases = files.filter((file) => file.endsWith('.json')).map((file) => join(this.folder, file));
    return leases.map(readLease).filter((lease) => lease !== null);
  }

  private fileOf(name: string): string {
    return join(this.folder, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.json`);
  }
}

function readLease(file: string): Lease | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Lease;
  } catch {
    return null;
  }
}
