import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pullLine } from '../../../src/cli/pull-line.ts';
import { NO_PULLS, type PullProgress } from '../../../src/domain/image-pulls.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

const PROGRESS: PullProgress = {
  data: 'd',
  host: 'h',
  phase: 'pulling',
  images: 130,
  done: 12,
  totals: { ...NO_PULLS, pulled: 8, present: 4, pulledBytes: 24.1e9, oursBytes: 30e9 },
  underWay: [],
  waiting: null,
  failures: [],
  stopped: null,
};

test('a pull tells what is there and what it took, and nothing of what did not happen', () => {
  assert.equal(pullLine(PROGRESS, NOW), '12/130 images · 8 pulled, 24.10 GB · 4 there before');
});

test('a pull tells what it removed, what failed, what is on its way, and why it waits or has stopped', () => {
  const totals = { ...PROGRESS.totals, evicted: 2, failed: 1 };
  const underWay = ['docker.io/swebench/a:latest', 'b:1'];
  assert.match(
    pullLine({ ...PROGRESS, totals, underWay }, NOW),
    /4 there before · 2 evicted · 1 failed · pulling a:latest, b:1$/,
  );
  const until = '2026-01-01T12:12:00Z';
  const waiting = (why: 'rate' | 'refused') => pullLine({ ...PROGRESS, waiting: { until, why } }, NOW);
  assert.match(waiting('rate'), / · waiting 12 min: --rate admits no more within the hour$/);
  assert.match(waiting('refused'), / · waiting 12 min: the registry gives no more for now$/);
  assert.match(
    pullLine({ ...PROGRESS, stopped: 'budget' }, NOW),
    /the next image does not fit into the budget$/,
  );
  assert.match(pullLine({ ...PROGRESS, stopped: 'disk_full' }, NOW), /Docker's disk is full$/);
});
