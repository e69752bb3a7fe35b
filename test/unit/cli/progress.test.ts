import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEta } from '../../../src/cli/eta.ts';
import { duration, filterLine, progressLine, rewardText } from '../../../src/cli/progress-line.ts';
import { NO_RETRIES } from '../../../src/domain/retry-totals.ts';
import type { RunProgress } from '../../../src/domain/run-summary.ts';

const PROGRESS: RunProgress = {
  run: 'r',
  mode: 'train',
  phase: 'training',
  step: 3,
  steps: 12,
  phaseDone: 5,
  phaseTotal: 32,
  totals: { rollouts: 10, failed: 2, rewardSum: 4, resolved: 2 },
  rewardByStep: [0.2, 0.3, 0.45],
  filter: null,
  evaluations: [],
  policyVersion: 3,
  retries: NO_RETRIES,
  held: null,
  draining: false,
  startedAt: '2026-01-01T00:00:00.000Z',
};

describe('progressLine', () => {
  it('says step, reward, resolved, failures, time and phase', () => {
    assert.equal(
      progressLine(PROGRESS, 250),
      'step 3/12 · reward 0.450 · resolved 25% · failures 2 · ETA 4 min · training 5/32',
    );
  });

  it('has no step in inference mode and no numbers before the first rollout', () => {
    const totals = { rollouts: 0, failed: 0, rewardSum: 0, resolved: 0 };
    const progress: RunProgress = {
      ...PROGRESS,
      mode: 'inference',
      phase: 'preparing',
      phaseTotal: 0,
      totals,
      rewardByStep: [],
    };
    assert.equal(progressLine(progress, null), 'reward – · resolved – · failures 0 · preparing');
  });

  it('sets the reward against what doing nothing earns', () => {
    const totals = { ...PROGRESS.totals, baselineSum: 1.5, baselines: 6 };
    assert.match(
      progressLine({ ...PROGRESS, totals }, null),
      /reward 0.450 \(doing nothing: 0.250\) · resolved/,
    );
    assert.equal(rewardText(null, 0.2), '– (doing nothing: 0.200)');
  });

  it('takes the mean of all rollouts where there is no step', () => {
    assert.match(progressLine({ ...PROGRESS, rewardByStep: [] }, null), /reward 0.500/);
  });
});

describe('filterLine', () => {
  it('says counts and reasons', () => {
    assert.equal(filterLine(null), null);
    assert.equal(
      filterLine({ checked: 5, kept: 3, reasons: { f2p_fails_before: 2 } }),
      'quality filter: checked 5, kept 3 (f2p_fails_before 2)',
    );
    assert.equal(filterLine({ checked: 5, kept: 5, reasons: {} }), 'quality filter: checked 5, kept 5');
  });
});

describe('duration', () => {
  const cases: [number, string][] = [
    [3.4, '3 s'],
    [89, '89 s'],
    [240, '4 min'],
    [3 * 3600 + 300, '3 h 05 min'],
  ];
  for (const [seconds, text] of cases)
    it(`writes ${seconds} as ${text}`, () => assert.equal(duration(seconds), text));
});

describe('createEta', () => {
  it('goes by what it saw of the phase', () => {
    const eta = createEta();
    assert.equal(eta(at('collecting', 2), 0), null);
    assert.equal(eta(at('collecting', 4), 10_000), 30);
    assert.equal(eta(at('collecting', 10), 40_000), 0);
  });

  it('starts again with each phase, and adds the last evaluation while training', () => {
    const eta = createEta();
    eta(at('evaluating before', 0), 0);
    assert.equal(eta(at('evaluating before', 5), 10_000), 10);
    assert.equal(eta(at('training', 0), 20_000), null);
    assert.equal(eta(at('training', 5), 30_000), 30);
  });

  it('starts again where a phase does, of another epoch that it was not told of', () => {
    const eta = createEta();
    eta(at('collecting', 8), 0);
    assert.equal(eta(at('collecting', 1), 10_000), null);
    assert.equal(eta(at('collecting', 2), 20_000), 80);
  });

  it('counts all epochs together', () => {
    const eta = createEta(2);
    eta(at('training', 0, 0), 0);
    assert.equal(eta(at('training', 0, 10), 10_000), 10);
  });
});

function at(phase: RunProgress['phase'], phaseDone: number, rollouts = phaseDone): RunProgress {
  return { ...PROGRESS, phase, phaseDone, phaseTotal: 10, totals: { ...PROGRESS.totals, rollouts } };
}
