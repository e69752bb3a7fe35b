import { testFileOf, type Instance } from '../../domain/instance.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { patchSections } from './patch/sections.ts';

/*
 * How often tests are run before they count as steady. The model is a test that flips a coin every run: it goes unseen
 * in n runs when they all come out alike, which has the chance 2 (1/2)^n: below 1% from 8 runs on. A bug that draws
 * chance itself is worse than a fair coin, since a test that makes several draws passes only when all of them are lucky:
 * the coin is 9:1 there, and goes unseen with 0.9^n: below 1% from 44 runs on.
 */
const LUCKY = 0.9;

/** The chance, at most, that a flaky test goes unseen, where nobody says otherwise. */
export const FLAKE_CHANCE = 0.01;

/** Runs of the tests after which a flaky one has been seen, but for `chance`. */
export function runsNeeded(chance: number): number {
  return Math.max(2, Math.ceil(Math.log2(2 / chance)));
}

/** Runs of the tests that a bug touches, where the bug draws chance. */
export function runsNeededWithLuck(chance: number): number {
  return Math.max(runsNeeded(chance), Math.ceil(Math.log(chance) / Math.log(LUCKY)));
}

/** Names by which Python code comes by something that no seed pins. */
const CHANCE =
  /\b(random|randint|randrange|shuffle|secrets|urandom|uuid[14]|perf_counter|monotonic|time_ns)\b|\btime\.time\(|\b(datetime|date)\.(now|today|utcnow)\(|(?<![\w.])(id|hash)\(/;

/** Whether a bug patch adds code that draws chance. */
export function drawsChance(patch: string): boolean {
  return patchSections(patch).some(({ added }) => added.some((line) => CHANCE.test(line)));
}

/** The instance with the tests alone that stand in the files of FAIL_TO_PASS: a bug shows itself there. */
export function aroundTheBug(instance: Instance): Instance {
  const files = new Set(instance.failToPass.map(testFileOf));
  return { ...instance, passToPass: instance.passToPass.filter((id) => files.has(testFileOf(id))) };
}

/** A test that did not come out the same in all runs. */
export interface Flake {
  readonly test: string;
  /** Share of the runs that differ from the commonest outcome. */
  readonly score: number;
  readonly tests: number;
}

/** The least steady of the tests in these runs; null when all runs agree. A run that lacks a test says nothing of it. */
export function worstFlake(runs: readonly TestRun[]): Flake | null {
  const ids = new Set(runs.flatMap((run) => Object.keys(run.outcomes)));
  const flakes: { test: string; score: number }[] = [];
  for (const id of ids) {
    const counts = new Map<string, number>();
    for (const run of runs) {
      const outcome = Object.hasOwn(run.outcomes, id) ? run.outcomes[id] : undefined;
      if (outcome !== undefined) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
    if (counts.size < 2) continue;
    const seen = [...counts.values()];
    const total = seen.reduce((sum, count) => sum + count, 0);
    flakes.push({ test: id, score: 1 - Math.max(...seen) / total });
  }
  const [worst] = flakes.toSorted((a, b) => b.score - a.score);
  return worst === undefined ? null : { ...worst, tests: flakes.length };
}

/** How much longer a run takes than the fastest when the host is at fault. */
const SLOW = 2;

/**
 * The runs without the slowest, where that alone differs from the others and took twice as long as the fastest: tests
 * that measure time fail on a host that is short of it, and that says nothing of the instance.
 */
export function withoutSlow(runs: readonly TestRun[]): readonly TestRun[] {
  if (worstFlake(runs) === null) return runs;
  const durations = runs.map((run) => run.durationMs);
  const slowest = runs[durations.indexOf(Math.max(...durations))];
  const others = runs.filter((run) => run !== slowest);
  const isLate = (slowest?.durationMs ?? 0) >= SLOW * Math.min(...durations);
  return isLate && worstFlake(others) === null ? others : runs;
}
