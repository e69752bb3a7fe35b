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
  it('goes by what it saw of the rollouts', () => {
    const eta = createEta();
    assert.equal(eta(at('collecting', 2), ONE_EPOCH, 0), null);
    assert.equal(eta(at('collecting', 4), ONE_EPOCH, 10_000), 30);
    assert.equal(eta(at('collecting', 10), ONE_EPOCH, 40_000), 0);
  });

  it('says nothing of the end before the rollouts have begun, and adds an evaluation like the first', () => {
    const eta = createEta();
    assert.equal(eta(at('filtering', 5, 0), TWO_STEPS, 0), null);
    assert.equal(eta(at('evaluating before', 0, 0), TWO_STEPS, 0), null);
    assert.equal(eta(at('evaluating before', 5, 0), TWO_STEPS, 10_000), null);
    assert.equal(eta(at('training', 0), TWO_STEPS, 20_000), null);
    assert.equal(eta(at('training', 5), TWO_STEPS, 30_000), 10 + 20);
    // Whichever of its sets it is at.
    assert.equal(eta(at('evaluating after', 9), TWO_STEPS, 40_000), 20);
    assert.equal(eta(at('evaluating after', 1), TWO_STEPS, 55_000), 5);
    assert.equal(eta(at('evaluating after', 1), TWO_STEPS, 70_000), 0);
  });

  it('counts all epochs together, whether they come one by one or at once', () => {
    const eta = createEta();
    const size = { ...TWO_STEPS, epochs: 4 };
    const of = (done: number, rollouts: number) => ({ ...at('training', done, rollouts), steps: 8 });
    eta(of(0, 0), size, 0);
    assert.equal(eta(of(10, 10), size, 10_000), 30);
    assert.equal(eta(of(0, 10), size, 10_000), 30);
    assert.equal(eta({ ...of(13, 13), phaseTotal: 40 }, size, 13_000), 27);
    const collecting = createEta();
    const twice = { ...ONE_EPOCH, epochs: 2 };
    collecting(at('collecting', 0), twice, 0);
    assert.equal(collecting(at('collecting', 0, 10), twice, 10_000), 10);
  });

  it('says nothing while the size of the run is not known, and starts again where more is planned', () => {
    const eta = createEta();
    assert.equal(eta(at('collecting', 2), null, 0), null);
    assert.equal(eta(at('collecting', 4), null, 10_000), null);
    assert.equal(eta(at('collecting', 0), ONE_EPOCH, 10_000), null);
    assert.equal(eta(at('collecting', 5), ONE_EPOCH, 20_000), 10);
    const more = { ...at('collecting', 6), phaseTotal: 20 };
    assert.equal(eta(more, ONE_EPOCH, 30_000), null);
  });
});

const ONE_EPOCH = { epochs: 1, batchSize: 1, rolloutsPerInstance: 1 };
/** Ten rollouts in two steps. */
const TWO_STEPS = { epochs: 1, batchSize: 1, rolloutsPerInstance: 5 };

function at(phase: RunProgress['phase'], phaseDone: number, rollouts = phaseDone): RunProgress {
  const mode = phase === 'collecting' ? 'inference' : 'train';
  const totals = { ...PROGRESS.totals, rollouts };
  return { ...PROGRESS, mode, steps: 2, phase, phaseDone, phaseTotal: 10, totals };
}
