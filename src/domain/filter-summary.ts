import type { DataSelection, RunConfig } from './run-config.ts';

/** What the quality filter is asked to judge, defaults filled in. */
export interface FilterConfig extends Pick<
  RunConfig,
  'run' | 'data' | 'seed' | 'sandbox' | 'concurrency' | 'heartbeatSeconds'
> {
  readonly selection: DataSelection;
  /** The chance, at most, that a flaky test goes unseen. */
  readonly flakeChance: number;
}

/** Where a filter is, and what it has found so far. */
export interface FilterProgress {
  readonly run: string;
  readonly phase: 'loading' | 'judging' | 'recording' | 'done';
  /** Instances in all; 0 until the data is read. */
  readonly total: number;
  readonly checked: number;
  readonly kept: number;
  /** Rejections by reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** What a filter of a data set came to. */
export interface FilterSummary extends Pick<FilterProgress, 'run' | 'checked' | 'kept' | 'reasons'> {
  readonly data: string;
  /** Kept instances that stay out of training, since their tests came out differently in it. */
  readonly quarantined: number;
}

/** What the public reference filter kept of its data set: the share that ours stands beside. */
export const REFERENCE_YIELD = { kept: 4577, of: 8480 } as const;

/** The part of a set that was kept; null of none. */
export function shareKept(kept: number, checked: number): number | null {
  return checked === 0 ? null : kept / checked;
}
