import type { Task } from './supervised.ts';

/** What `guest/snapshot.py` leaves in the scratch folder. */
const ARCHIVE = 'archive';

/** A task with where and under what it runs; `guest/request.py` reads it. */
export interface SupervisorRequest extends Task {
  /** Folder of the lock, the kept results and the environment. */
  readonly root: string;
  /** Whether the sandbox is still being made. */
  readonly opening: boolean;
  readonly cwd: string;
  /** Uid and gid to run under; null for the supervisor's own. */
  readonly uid: number | null;
  /** Files by which to join cgroups. */
  readonly cgroups: readonly string[];
  /** Files that may hold the count of OOM kills. */
  readonly oom: readonly string[];
  /** Folders to mount by name where the uid can reach them. */
  readonly stage: Readonly<Record<string, string>> | null;
  /** Where the supervisor finds the agent's folders, by their names in a snapshot, and the scratch folder. */
  readonly roots: Readonly<Record<string, string>>;
  readonly scratchFolder: string;
}

/** A supervisor's request in bytes: fields with their lengths, so that the guest needs no parser of JSON; then its stdin. */
export function encodeRequest(request: SupervisorRequest): Buffer {
  const stdin = Buffer.from(request.stdin);
  const fields: Readonly<Record<string, string>> = {
    root: request.root,
    call: request.call ?? '',
    opening: String(request.opening),
    argv: request.argv.join('\0'),
    script: request.script,
    stdinBytes: String(stdin.length),
    cwd: request.cwd,
    timeoutMs: String(request.timeoutMs),
    head: String(request.head),
    tail: String(request.tail),
    report: String(request.report),
    uid: request.uid === null ? '' : String(request.uid),
    cgroups: request.cgroups.join('\0'),
    oom: request.oom.join('\0'),
    stage: pairs(request.stage ?? {}),
    roots: pairs(request.state === 'ignored' ? {} : request.roots),
    archive: request.state === 'packed' ? `${request.scratchFolder}/${ARCHIVE}` : '',
  };
  const parts = Object.entries(fields).flatMap(([name, text]) => {
    const bytes = Buffer.from(text);
    return [Buffer.from(`${name} ${bytes.length}\n`), bytes];
  });
  return Buffer.concat([framed(Buffer.concat(parts)), stdin]);
}

function pairs(record: Readonly<Record<string, string>>): string {
  return Object.entries(record).flat().join('\0');
}

/** Bytes with their length on a line before them: the reader knows half a message from a whole one. */
export function framed(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length}\n`), body]);
}
