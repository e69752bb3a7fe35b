import { deriveSeed } from './seeds.ts';
import type { SandboxChoice } from './run-config.ts';
import type { Counts } from './run-summary.ts';
import type { Grading } from './trajectory.ts';

/** A trajectory of a run that is graded again. */
export interface VerifyEntry {
  /** Its file below the run's folder. */
  readonly path: string;
  /** sha256 of it as its group was told; null where no group has told of it. */
  readonly trajectory: string | null;
}

/** What a verification is asked to do, worked out. */
export interface VerifyPlan {
  readonly run: string;
  /** sha256 of the RunConfig of the run. */
  readonly config: string;
  /** sha256 of an array of VerifyEntry. */
  readonly list: string;
  readonly count: number;
  readonly share: number;
  readonly seed: number;
  readonly sandbox: SandboxChoice;
  readonly concurrency: number;
}

/** `damaged`: what is stored cannot be read or is not what was stored. `failed`: it could not be graded again. */
type VerifyOutcome = 'agrees' | 'disagrees' | 'damaged' | 'failed' | 'unscored';

/** The reward that a patch earned, before any finding. */
interface Earned {
  readonly reward: number;
  readonly resolved: boolean;
}

/** What became of one trajectory. */
export interface Verified {
  readonly outcome: VerifyOutcome;
  readonly path: string;
  /** Null where the record does not say any more. */
  readonly instanceId: string | null;
  readonly stored: Earned | null;
  readonly again: Earned | null;
  /** In a few words; '' where they agree. */
  readonly detail: string;
}

/** How far a verification is, and what it came to. */
export interface VerifyProgress {
  readonly run: string;
  readonly phase: 'preparing' | 'verifying' | 'done';
  readonly checked: number;
  readonly total: number;
  /** By outcome. */
  readonly outcomes: Counts;
  /** The first of those that do not agree; all stand in verify.json. */
  readonly examples: readonly Verified[];
}

/** Seeds are taken modulo this. */
const SEEDS = 1_000_000;
const DETAIL_CHARACTERS = 200;
const TESTS_NAMED = 2;

/** Whether a trajectory is in the seeded share. */
export function isInShare(path: string, share: number, seed: number): boolean {
  return deriveSeed(seed, path) % SEEDS < share * SEEDS;
}

/** Share of those compared that disagree; null where none was compared. */
export function disagreementRate({ agrees = 0, disagrees = 0 }: Counts): number | null {
  return agrees + disagrees === 0 ? null : disagrees / (agrees + disagrees);
}

/** Whether every trajectory that has a reward has the same one again. */
export function allAgree(outcomes: Counts): boolean {
  return (outcomes['disagrees'] ?? 0) + (outcomes['damaged'] ?? 0) + (outcomes['failed'] ?? 0) === 0;
}

/** What tells two gradings of one patch apart; '' where nothing does. */
export function differenceOf(
  stored: Pick<Grading, 'reward' | 'resolved' | 'outcomes' | 'environment'>,
  again: Pick<Grading, 'reward' | 'resolved' | 'outcomes' | 'environment'>,
): string {
  const differing = differingTests(stored, again);
  const same = Math.abs(stored.reward - again.reward) < 1e-9 && stored.resolved === again.resolved;
  if (same && differing.length === 0) return '';
  const named = differing
    .slice(0, TESTS_NAMED)
    .map(
      (id) => `${id} was ${stored.outcomes[id] ?? 'not listed'}, is ${again.outcomes[id] ?? 'not listed'}`,
    );
  const more = differing.length > TESTS_NAMED ? [`${differing.length - TESTS_NAMED} more tests differ`] : [];
  const elsewhere = stored.environment === again.environment ? [] : ['the environment is another one'];
  const words = [...elsewhere, ...named, ...more];
  return brief(words.length === 0 ? 'the same outcomes earn another reward' : words.join('; '));
}

/** The tests that came out differently in two gradings. */
export function differingTests(
  stored: Pick<Grading, 'outcomes'>,
  again: Pick<Grading, 'outcomes'>,
): readonly string[] {
  const ids = [...new Set([...Object.keys(stored.outcomes), ...Object.keys(again.outcomes)])];
  return ids.filter((id) => stored.outcomes[id] !== again.outcomes[id]);
}

/** Words for a record: they land in histories, so they are few. */
export function brief(words: string): string {
  return (
    words.length > DETAIL_CHARACTERS ? `${words.slice(0, DETAIL_CHARACTERS - 1)}…` : words
  ).toWellFormed();
}
