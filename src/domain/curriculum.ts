import type { CurriculumFacts } from './run-summary.ts';
import { deriveSeed, randomOf } from './seeds.ts';

/** How a run chooses the instances of an epoch by what their groups came to before. */
export interface CurriculumRule {
  /** The solve rate that teaches most, between 0 and 1. */
  readonly target: number;
  /** Epochs that an instance rests at most. */
  readonly maxRest: number;
}

/** What a group of an earlier epoch came to. */
export interface Attempt {
  readonly instanceId: string;
  readonly epoch: number;
  /** Members with a score, and those of them that resolved the instance. */
  readonly scored: number;
  readonly resolved: number;
  /** Whether no member was missing; what a broken group came to is no reason to rest. */
  readonly whole: boolean;
  /** Whether its rewards differ. */
  readonly varied: boolean;
}

/** What an epoch takes of a list. */
export interface Choice extends CurriculumFacts {
  /** In the order of the epoch, each once. */
  readonly positions: readonly number[];
}

/** The weight of what is farthest from the target: it comes late, and not never. */
const LEAST_WEIGHT = 0.05;

interface Candidate {
  readonly position: number;
  readonly rate: number | null;
  /** By which the order is: small comes early. */
  readonly key: number;
  readonly rest: Rest | null;
}

interface Rest {
  readonly kind: 'solved' | 'unsolved';
  /** The epoch that it is back in. */
  readonly until: number;
}

/**
 * The instances of an epoch, of the run's seed, the epoch's number and the attempts before it alone. Those that rest are left
 * out, but for the first to come back where fewer than `atLeast` would remain. The order is drawn: an instance comes before
 * another with odds of their weights, which fall with the distance of the solve rate from the target; one that was never tried
 * has the full weight.
 */
export function chooseInstances(
  instanceIds: readonly string[],
  attempts: readonly Attempt[],
  of: { readonly epoch: number; readonly seed: number; readonly atLeast: number },
  rule: CurriculumRule,
): Choice {
  const tried = Map.groupBy(attempts, ({ instanceId }) => instanceId);
  const random = randomOf(deriveSeed(of.seed, 'curriculum', of.epoch));
  const candidates = instanceIds.map((id, position): Candidate => {
    const newestFirst = (tried.get(id) ?? []).toSorted((a, b) => b.epoch - a.epoch);
    const rate = solveRateOf(newestFirst);
    // Waiting times of such rates end in this order (Efraimidis and Spirakis).
    const key = -Math.log(1 - random()) / weightOf(rate, rule.target);
    const rest = restOf(newestFirst, rule.maxRest);
    return { position, rate, key, rest: rest !== null && rest.until > of.epoch ? rest : null };
  });
  const resting = candidates
    .filter(({ rest }) => rest !== null)
    .toSorted((a, b) => (a.rest?.until ?? 0) - (b.rest?.until ?? 0) || a.key - b.key);
  const awake = candidates.length - resting.length;
  const woken = new Set(resting.slice(0, Math.max(0, of.atLeast - awake)));
  const chosen = candidates.filter((candidate) => candidate.rest === null || woken.has(candidate));
  const left = resting.slice(woken.size);
  const rates = chosen.flatMap(({ rate }) => rate ?? []);
  return {
    positions: chosen.toSorted((a, b) => a.key - b.key).map(({ position }) => position),
    restingSolved: left.filter(({ rest }) => rest?.kind === 'solved').length,
    restingUnsolved: left.filter(({ rest }) => rest?.kind === 'unsolved').length,
    solveRate: rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
  };
}

/**
 * The share of an instance's rollouts that resolved it: sum of 2^-k resolved_k over sum of 2^-k scored_k, where the group k is
 * the kth before the newest. Null where none was scored.
 */
export function solveRateOf(newestFirst: readonly Attempt[]): number | null {
  let resolved = 0;
  let scored = 0;
  for (const [k, attempt] of newestFirst.entries()) {
    const weight = 2 ** -k;
    resolved += weight * attempt.resolved;
    scored += weight * attempt.scored;
  }
  return scored === 0 ? null : resolved / scored;
}

/** From 1 at the target down to the least weight at the end that is farther from it. */
function weightOf(rate: number | null, target: number): number {
  if (rate === null) return 1;
  return Math.max(LEAST_WEIGHT, 1 - Math.abs(rate - target) / Math.max(target, 1 - target));
}

/**
 * The rest of an instance whose newest whole group taught nothing, since all of it or none resolved it: an epoch, and twice as
 * many for each group before that was the same. Rewards that differ without a solution teach by the progress that they tell of.
 */
function restOf(newestFirst: readonly Attempt[], maxRest: number): Rest | null {
  const whole = newestFirst.filter((attempt) => attempt.whole && attempt.scored > 0);
  const [newest] = whole;
  const kind = newest === undefined ? null : idleKindOf(newest);
  if (newest === undefined || kind === null) return null;
  const other = whole.findIndex((attempt) => idleKindOf(attempt) !== kind);
  const alike = other === -1 ? whole.length : other;
  return { kind, until: newest.epoch + Math.min(2 ** (alike - 1), maxRest) + 1 };
}

function idleKindOf({ scored, resolved, varied }: Attempt): Rest['kind'] | null {
  if (varied) return null;
  if (resolved === scored) return 'solved';
  return resolved === 0 ? 'unsolved' : null;
}
