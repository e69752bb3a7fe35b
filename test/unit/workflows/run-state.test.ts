import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { RunPlan } from '../../../src/activities/contract.ts';
import { NO_RETRIES } from '../../../src/domain/retry-totals.ts';
import type { PhaseReport } from '../../../src/workflows/messages.ts';
import { type PreparedRun, ProgressBoard, summaryOf } from '../../../src/workflows/run-state.ts';
import { STUB_PLAN } from '../../support/stub-run.ts';

const STARTED = '2026-01-01T00:00:00.000Z';

/** A run of seven instances in batches of two whose first epoch made two steps. */
function prepared(plan: Partial<RunPlan> = {}): PreparedRun {
  return {
    resolved: {
      config: 'c',
      run: 'r',
      plan: { ...STUB_PLAN, mode: 'train', epochs: 3, ...plan },
      searchable: false,
    },
    list: { ref: 'l', count: 7 },
    filter: null,
    droppedWithoutTests: 0,
    evaluations: [],
    policy: { policy: { version: 2, model: 'r@2', apiBase: null }, step: 2, manifest: 'm' },
    epochsDone: 1,
    totals: { rollouts: 4, failed: 1, rewardSum: 1.5, resolved: 1 },
    retries: { ...NO_RETRIES, attempts: 5, failedAttempts: 2 },
    rewardByStep: [0.5, 0.6],
    nextGroup: 5,
    startedAt: STARTED,
  };
}

/** What the second epoch reports. */
const report = (made: { index: number; reward: number } | null, purpose = 'train'): PhaseReport => ({
  phase: 'epoch',
  purpose,
  done: 3,
  total: 14,
  totals: { rollouts: 3, failed: 1, rewardSum: 2, resolved: 2 },
  retries: { ...NO_RETRIES, attempts: 3, failedAttempts: 1 },
  made,
  policyVersion: 3,
});

function boardOf(run: PreparedRun): ProgressBoard {
  const board = new ProgressBoard('r', STARTED);
  board.settle(run);
  return board;
}

const steps = (plan: Partial<RunPlan>) => boardOf(prepared(plan)).current.steps;

test('a run that has ended says why its newest failed attempt did, where one has', () => {
  assert.ok(!('lastFailure' in summaryOf(prepared(), false)));
  const failures = { ends: [null, 'Sandbox.Gone', null], message: 'away' };
  assert.equal(summaryOf({ ...prepared(), failures }, false).lastFailure, 'Sandbox.Gone: away');
});

describe('the progress of a run', () => {
  it('plans the batches of each epoch, and those of all where no epoch waits for the one before', () => {
    assert.equal(steps({}), 12);
    assert.equal(steps({ maxStaleness: 1 }), 11);
    assert.equal(steps({ maxStaleness: 1, chooses: true }), 12);
    assert.equal(steps({ mode: 'inference' }), 0);
  });

  it('adds the epoch that is under way to those that have ended, however often it reports', () => {
    const board = boardOf(prepared());
    board.onReport(report({ index: 0, reward: 0.7 }));
    board.onReport(report({ index: 1, reward: 0.8 }));
    board.onReport(report({ index: 1, reward: 0.8 }));
    const { totals, retries, rewardByStep, step, policyVersion, phaseDone, phaseTotal } = board.current;
    assert.deepEqual([totals.rollouts, totals.failed, totals.rewardSum, totals.resolved], [7, 2, 3.5, 3]);
    assert.deepEqual([retries.attempts, retries.failedAttempts], [8, 3]);
    assert.deepEqual([rewardByStep, step, policyVersion], [[0.5, 0.6, 0.7, 0.8], 4, 3]);
    assert.deepEqual([phaseDone, phaseTotal], [3, 14]);
  });

  it('counts no rollout of an evaluation among those of the run', () => {
    const board = boardOf(prepared());
    board.onReport(report(null, 'after/held-out'));
    const { totals, phaseDone, policyVersion } = board.current;
    assert.deepEqual([totals.rollouts, phaseDone, policyVersion], [4, 3, 2]);
  });

  it('is one line for a person, with why it stands still', () => {
    const board = boardOf(prepared());
    board.set({ phase: 'training' });
    board.onReport(report({ index: 0, reward: 0.7 }));
    assert.equal(board.line, 'training, 3 of 14; step 3 of 12; mean reward 0.700, 2 failed');
    board.set({ held: { by: 'person', reason: 'lunch', since: STARTED }, draining: true });
    assert.match(board.line, /^held since 2026-01-01T00:00:00\.000Z: lunch; draining; training, /);
  });
});
