import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import {
  compare,
  type Estimate,
  estimateOf,
  passAllK,
  passAtK,
  type Tally,
} from '../../../src/domain/estimates.ts';
import { randomOf } from '../../../src/domain/seeds.ts';
import { toolPaths } from '../../../src/local/setup/paths.mjs';

interface Reference {
  readonly passAt: readonly number[];
  readonly passAll: readonly number[];
  readonly difference: readonly number[];
  readonly pValue: number;
}

const ROLLOUTS = 4;

for (const { instances, seed } of [
  { instances: 14, seed: 1 },
  { instances: 20, seed: 2 },
  { instances: 60, seed: 3 },
]) {
  test(`estimates of ${instances} instances with ${ROLLOUTS} rollouts are SciPy's`, () => {
    const next = randomOf(seed);
    const draw = (better: number): Tally[] =>
      Array.from({ length: instances }, (_, i) => {
        const ease = (i + 0.5) / instances;
        const resolved = Array.from({ length: ROLLOUTS }, () => next() < ease + better).filter(
          Boolean,
        ).length;
        return { instanceId: `i-${i}`, rollouts: ROLLOUTS, resolved, rewardSum: resolved };
      });
    const [before, after] = [draw(-0.1), draw(0.15)];
    const k = 2;
    const said = referenceOf({ before, after, k, resamples: instances > 20 ? 100_000 : 0 });
    const values = (value: (n: number, c: number, k: number) => number) =>
      after.map(({ rollouts, resolved }) => value(rollouts, resolved, k));
    agree(estimateOf(values(passAtK), seed), said.passAt);
    agree(estimateOf(values(passAllK), seed), said.passAll);
    const compared = compare(before, after, seed);
    agree(compared?.difference ?? null, said.difference);
    const drawn = (compared?.better ?? 0) + (compared?.worse ?? 0) > 16;
    const within = drawn ? 0.005 : 1e-9;
    assert.ok(
      Math.abs((compared?.pValue ?? -1) - said.pValue) <= within,
      `${compared?.pValue} ${said.pValue}`,
    );
  });
}

/** The mean to the last digits; an end of an interval within what the resamples of either leave open. */
function agree(ours: Estimate | null, [mean = 0, low = 0, high = 0]: readonly number[]): void {
  assert.ok(ours !== null);
  assert.ok(Math.abs(ours.value - mean) < 1e-12, `${ours.value} ${mean}`);
  const open = 0.03 * (high - low);
  assert.ok(
    Math.abs(ours.low - low) <= open && Math.abs(ours.high - high) <= open,
    JSON.stringify({ ours, low, high }),
  );
}

function referenceOf(asked: {
  before: readonly Tally[];
  after: readonly Tally[];
  k: number;
  resamples: number;
}): Reference {
  const input = JSON.stringify({ ...asked, before: pairs(asked.before), after: pairs(asked.after) });
  const { trainerTestPython } = toolPaths(loadConfig().cache);
  const program = join(import.meta.dirname, 'reference.py');
  return JSON.parse(execFileSync(trainerTestPython, [program], { input, encoding: 'utf8' })) as Reference;
}

function pairs(tallies: readonly Tally[]): number[][] {
  return tallies.map(({ rollouts, resolved }) => [rollouts, resolved]);
}
