import type { Instance } from '../domain/instance.ts';
import type { TestOutcomes } from '../domain/reward.ts';
import type { OfficialVerdict } from '../domain/trajectory.ts';

/** How an official run ended: only one that ran to its script's end is read for outcomes. */
export type OfficialEnd = 'ran' | 'timed_out' | 'patch_refused' | 'no_patch';

/** What the data set's own harness makes of a log. */
export interface OfficialReading {
  /** By the parser's ids, of what stands between the markers; an id whose lines contradict each other has failed. */
  readonly outcomes: TestOutcomes;
  /** Whether the log shows the end of the script. */
  readonly ended: boolean;
  /** What shows that the output imitates results or markers, a sentence each. */
  readonly imitations: readonly string[];
  readonly verdict: OfficialVerdict;
}

/** How the data set's own harness runs an instance's tests. */
export interface OfficialScript {
  /** Bash that runs the tests between the markers, in /testbed. */
  readonly script: string;
  /** Where the commands that follow expect the patch. */
  readonly patchFile: string;
  /** Commands that apply it, tried in this order until one succeeds. */
  readonly applyCommands: readonly string[];
  /** What puts the tree back between two of them; null where the harness does not. */
  readonly cleanCommand: string | null;
  /** Succeeds when all of them failed and the patch is applied nevertheless; null where the harness does not ask. */
  readonly appliedCheck: string | null;
  /** What is put back as it was committed once the patch is applied, as git's pathspecs. */
  readonly restored: readonly string[];
  readonly timeoutMs: number;
}

/**
 * The official harnesses (`swebench`, `swesmith`), in a process of their own. `Grade.Failed` when it dies, hangs or talks
 * nonsense; `Instance.Invalid` when `instance.official` is null or the harness does not know the record.
 */
export interface Official {
  /** Reads a test log by the instance's own harness. What the log does to its parser is no error: nothing passes then. */
  read(
    instance: Instance,
    run: { readonly log: string; readonly ended: OfficialEnd },
    signal?: AbortSignal,
  ): Promise<OfficialReading>;
  script(instance: Instance, signal?: AbortSignal): Promise<OfficialScript>;
  close(): Promise<void>;
}
