import type { Verdict } from '../domain/run-summary.ts';
import type { RunConfig } from '../domain/run-config.ts';
import type { InstanceRef } from './contract.ts';

/* What workflows and the hosts of sandboxes say to each other, on the queues steadfast-sandbox and steadfast-sandbox-<host>. */

export interface SandboxActivities {
  /**
   * On the shared queue, by a host that has a slot free: opens the sandbox there, puts it into the given state and answers
   * the host's own queue.
   */
  openSandbox(input: OpenInput): Promise<{ readonly hostQueue: string; readonly environment: string }>;
  /** The rules of the quality filter, cached by instance and environment. */
  judgeInstance(input: {
    readonly instance: InstanceRef;
    readonly sandbox: RunConfig['sandbox'];
    /** The chance, at most, that a flaky test goes unseen; 1% where absent. */
    readonly flakeChance?: number;
  }): Promise<Verdict>;
}

/** Activities on the host that holds the sandbox. */
export interface HostActivities {
  runTool(input: ToolInput): Promise<ToolOutput>;
  /** Grades the rollout's diff in a fresh sandbox of the same host. */
  grade(input: SandboxInput & { readonly config: string }): Promise<GradeOutput>;
  closeSandbox(input: { readonly rollout: string; readonly epoch: number }): Promise<void>;
}

export interface SandboxInput {
  readonly run: string;
  readonly rollout: string;
  readonly instance: InstanceRef;
  readonly sandbox: RunConfig['sandbox'];
  /** From 1; a rollout that has lost its sandbox, or gave it up in a long pause, opens the next. */
  readonly epoch: number;
  /** What its first sandbox ran in, as openSandbox answered: all later ones do, gradings too. Absent until then. */
  readonly environment?: string;
}

export interface OpenInput extends SandboxInput {
  /** sha256 of the RunConfig; absent in openings of 0.2. */
  readonly config?: string;
  readonly state: SandboxState;
  /** ISO time of the end of the sandbox's longest lease. */
  readonly deadline: string;
}

/** What a rollout's sandbox holds after a command, and where it is kept off the host. */
export type SandboxState =
  /** As at opening. */
  | { readonly kind: 'start' }
  | { readonly kind: 'kept'; readonly fingerprint: string; readonly sha256: string }
  /** More than a snapshot may hold: lost with its host. */
  | { readonly kind: 'too_large'; readonly fingerprint: string };

export interface ToolInput {
  readonly run: string;
  readonly rollout: string;
  readonly epoch: number;
  readonly config: string;
  /** The transcript so far; its newest model link holds the call. */
  readonly head: string;
  readonly turn: number;
  readonly call: number;
  /** Before the call. */
  readonly state: SandboxState;
}

export interface ToolOutput {
  readonly head: string;
  /** After the call; kept off the host before the activity completes. */
  readonly state: SandboxState;
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** What the command took; absent where it was run by a worker of an early 0.3. */
  readonly durationMs?: number;
}

export interface GradeOutput {
  /** sha256 of the Grading. */
  readonly grading: string;
  readonly reward: number;
  readonly resolved: boolean;
}
