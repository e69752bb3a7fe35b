/** What came of one tool call: the observation is what the model reads. */
export interface ToolOutcome {
  readonly observation: string;
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** Whether the kernel ended one of its processes for want of memory. */
  readonly outOfMemory: boolean;
  /** Of the sandbox's state after the call; null when nothing was run. */
  readonly fingerprint: string | null;
}

/** A call that could not be carried out as it was written; the model is told what to do. */
export function refused(observation: string): ToolOutcome {
  return { observation, exitCode: null, timedOut: false, outOfMemory: false, fingerprint: null };
}
