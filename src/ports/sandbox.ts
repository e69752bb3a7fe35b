import type { Instance } from '../domain/instance.ts';

/** Limits of one sandbox. */
export interface SandboxLimits {
  readonly memoryBytes: number;
  readonly pids: number;
  readonly cpus: number;
  /** Bytes that the sandbox may write to its file systems. */
  readonly diskBytes: number;
}

/** What to open, and with which content. */
export interface SandboxSpec {
  /** The rollout's id, or another unique name; names the sandbox, so a second open adopts the first. */
  readonly name: string;
  readonly run: string;
  readonly instance: Instance;
  /**
   * Absolute path of a folder to copy to /testbed (never written to): the repository at its start, bug patch applied.
   * Null where the image holds /testbed; opening then applies the instance's bug patch, if it has one.
   */
  readonly tree: string | null;
  /**
   * What `environment` answered: the sandbox runs in exactly that. An image by its repo digest on every host, one by its id
   * where that is, else as the instance names it.
   */
  readonly environment?: string | undefined;
  /** Absolute path of a folder of Python packages that commands import from (Datasets.prepareRequirements); none where absent. */
  readonly requirements?: string | null;
  /** Paths below /testbed that are taken away before the first commit; none where absent. */
  readonly hidden?: readonly string[];
  readonly limits: SandboxLimits;
  /** ISO time of the end of its longest lease: after it anybody may end the sandbox, whoever opened it. */
  readonly deadline: string;
}

/** How `environment` answers. */
interface EnvironmentOptions {
  /** What it answered before, maybe on another host: the same again where that can be had. */
  readonly pinned?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One command in a sandbox. */
export interface SandboxCommand {
  /** Key of the command within its sandbox: running the same key again answers the kept result. */
  readonly key: string;
  /** Run by `bash -c` as the agent, in the working directory and with the exports that the last shell command left. */
  readonly script: string;
  /** `shell` keeps working directory and exports for the next one; `plain` starts afresh in /testbed. */
  readonly session: 'shell' | 'plain';
  readonly stdin?: string;
  readonly timeoutMs: number;
  /**
   * Bytes taken at most of what the command writes to its report: a pipe, its file descriptor named by STEADFAST_REPORT_FD,
   * whose other end the supervisor holds, so that what went through it cannot be taken back. Without it there is no such pipe.
   */
  readonly reportBytes?: number;
  /** Bytes kept of the output's head and tail together; the rest is dropped where it arises. */
  readonly outputBytes: number;
}

export interface CommandResult {
  /** Null when the command was killed at its time limit. */
  readonly exitCode: number | null;
  /** stdout and stderr as they came, head and tail, invalid UTF-8 replaced. */
  readonly output: string;
  /** Bytes that were dropped from the middle. */
  readonly droppedBytes: number;
  readonly timedOut: boolean;
  /** True when the kernel ended a process of the sandbox for want of memory during this command. */
  readonly outOfMemory: boolean;
  readonly durationMs: number;
  /** What came through the pipe, invalid UTF-8 replaced; null where none was asked for, or where more came than asked for. */
  readonly report: string | null;
  /**
   * Names the state of the agent's file systems after the command: equal ones hold the same, and `start` is the state
   * at opening.
   */
  readonly fingerprint: string;
}

/** What an agent has made of its file systems since the opening: /testbed with ignored files and .git, HOME, /tmp. */
export interface Snapshot {
  readonly fingerprint: string;
  /** Changed files and the paths of removed ones; any adapter restores what any other made. */
  readonly archive: Buffer;
}

/** What `list` knows of a sandbox. */
export interface SandboxInfo {
  readonly name: string;
  readonly run: string;
  readonly createdAt: string;
  /** As its spec had it. */
  readonly deadline: string;
}

/** Isolated machines for agents and tests. All errors are SteadfastErrors of type `Sandbox.*`. */
export interface Sandbox {
  readonly kind: 'docker' | 'bubblewrap';
  /**
   * Names what the instance runs in, for cache keys and records: an image by its repo digest (`name@sha256:…`) where a registry
   * gave one, else by its id; or a digest of the Python environment. An image that is not there is pulled.
   */
  environment(instance: Instance, options?: EnvironmentOptions): Promise<string>;
  /**
   * Opens the sandbox, or adopts the one of that name. /testbed holds the repository with one commit of history, the
   * bug in it. `Instance.PatchDoesNotApply` when an image's repository does not take the bug patch.
   */
  open(spec: SandboxSpec, signal?: AbortSignal): Promise<void>;
  run(name: string, command: SandboxCommand, signal?: AbortSignal): Promise<CommandResult>;
  /**
   * The agent's changes to /testbed since open, as a binary-safe unified diff; independent of what the agent did to
   * its own .git. Null when larger than `maxBytes`: that is the agent's doing and no failure of the sandbox.
   */
  diff(name: string, maxBytes: number): Promise<string | null>;
  /** The state after the last command, for another sandbox of the same instance; null when larger than `maxBytes`. */
  snapshot(name: string, maxBytes: number): Promise<Snapshot | null>;
  /** Puts a sandbox that was just opened into a snapshot's state. */
  restore(name: string, archive: Buffer): Promise<void>;
  /** Writes a file below a folder that the agent's commands can read and write. */
  writeFile(name: string, path: string, content: string): Promise<void>;
  /** Null when there is no such file; cut at `maxBytes`. */
  readFile(name: string, path: string, maxBytes: number): Promise<string | null>;
  /** Ends every process and removes everything of the sandbox; nothing happens when it is gone already. */
  close(name: string): Promise<void>;
  list(): Promise<readonly SandboxInfo[]>;
}
