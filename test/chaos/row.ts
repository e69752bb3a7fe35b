/** What one try of a fault came to. All counts are of rollouts, steps or sandboxes; nothing but zeros is a survival. */
export interface Outcome {
  /** Work that ended without a terminal record, or whose effects were gone. */
  readonly lost: number;
  /** Effects that happened twice, or work that was recorded twice. */
  readonly doubled: number;
  /** Containers, processes, mounts, folders or blobs that nobody would have removed. */
  readonly leaked: number;
  /** Anything else that an invariant forbids, in words; empty when there is nothing. */
  readonly broken: string;
  /** From the fault (or its end, for faults that last) until work went on; null where a row has no such moment. */
  readonly recoverySeconds: number | null;
}

export const SURVIVED: Outcome = { lost: 0, doubled: 0, leaked: 0, broken: '', recoverySeconds: null };

/** A world in which a row's tries happen, one after another or `parallel` at a time. */
export interface RowSession {
  /** One fault, at a moment that the seed decides, and what came of it. Throws only when the world itself is unusable. */
  attempt(seed: number): Promise<Outcome>;
  close(): Promise<void>;
}

/** One row of the chaos suite. */
export interface Row {
  /** Names it on the command line and in the ledger: `kill-activity-worker`. */
  readonly name: string;
  /** The fault, as docs/reliability.md has it. */
  readonly title: string;
  /** Tries that the table wants. */
  readonly tries: number;
  /** Tries in `npm test`. */
  readonly short: number;
  /** Tries that may run at once in one session; 1 unless given. */
  readonly parallel?: number;
  open(): Promise<RowSession>;
}
