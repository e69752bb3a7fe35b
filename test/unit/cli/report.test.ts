import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { join } from 'node:path';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { groupTable } from '../../../src/cli/group-table.ts';
import { evaluationTable } from '../../../src/cli/results-table.ts';
import { svgPlot, terminalPlot } from '../../../src/cli/reward-plot.ts';
import { createTrajectoryReader, runRecord, trajectoryRecord } from '../../../src/cli/trajectory-lines.ts';
import { trajectoryPath } from '../../../src/domain/ids.ts';
import { NO_RETRIES } from '../../../src/domain/retry-totals.ts';
import type { EvaluationTotals } from '../../../src/domain/run-summary.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { trajectory } from './trajectory.ts';

describe('NDJSON', () => {
  it('has exactly the fields of a trajectory', () => {
    const findings = [
      { kind: 'history_access', where: 'turn 1, call 1', detail: 'git reflog' },
      { kind: 'history_access', where: 'turn 2, call 1', detail: 'git fsck' },
    ] as const;
    const graded = { reward: 0.2, metrics: { progress: 0, baselineReward: 0.2 }, findings };
    assert.deepEqual(trajectoryRecord(trajectory({ ...graded, mask: 'grading_timeout' })), {
      type: 'trajectory',
      run: 'r',
      instance_id: 'i-1',
      rollout: 'r/g-000001/i-1/1.1',
      reward: 0.2,
      baseline_reward: 0.2,
      resolved: false,
      mask: 'grading_timeout',
      findings: ['history_access'],
      stop_reason: 'done',
      policy_version: 0,
      metrics: { progress: 0, baseline_reward: 0.2 },
    });
  });

  it('has no reward for a rollout that failed', () => {
    const failed = trajectory({ status: 'failed', stopReason: 'failed', reward: null });
    assert.deepEqual(
      [trajectoryRecord(failed)['reward'], trajectoryRecord(failed)['stop_reason']],
      [null, 'failed'],
    );
  });

  it('tells each rollout once, in the order in which they ended', async (t) => {
    const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
    const read = createTrajectoryReader(artifacts, 'r');
    const write = async (member: number, minute: number) => {
      const rollout = `r/g-000001/i-1/${member}.1`;
      const record = trajectory({ rollout, endedAt: `2026-01-01T00:0${minute}:00.000Z` });
      await artifacts.writeRunFile('r', trajectoryPath('r', rollout), JSON.stringify(record));
    };
    const members = async () => (await read()).map(({ rollout }) => rollout.split('/').at(-1));
    await write(1, 3);
    await write(2, 1);
    await write(3, 2);
    assert.deepEqual(await members(), ['2.1', '3.1', '1.1']);
    await write(4, 4);
    assert.deepEqual(await members(), ['4.1']);
  });

  it('ends with the run, its means over scored rollouts', () => {
    const summary = {
      run: 'r',
      mode: 'train',
      totals: {
        rollouts: 5,
        failed: 1,
        rewardSum: 2,
        resolved: 1,
        baselineSum: 0.8,
        baselines: 4,
        masked: { agent_timeout: 1 },
        findings: { network_tried: 2 },
      },
      steps: 2,
      rewardByStep: [0.4, 0.6],
      droppedWithoutTests: 0,
      filter: null,
      evaluations: [],
      retries: NO_RETRIES,
      drained: false,
    } as const;
    assert.deepEqual(runRecord(summary), {
      type: 'run',
      run: 'r',
      mode: 'train',
      rollouts: 5,
      failed: 1,
      reward_mean: 0.5,
      baseline_mean: 0.2,
      resolved_mean: 0.25,
      steps: 2,
      masked: { agent_timeout: 1 },
      findings: { network_tried: 2 },
    });
    const none = { ...summary, totals: { rollouts: 1, failed: 1, rewardSum: 0, resolved: 0 } };
    assert.deepEqual([runRecord(none)['reward_mean'], runRecord(none)['baseline_mean']], [null, null]);
  });
});

describe('evaluationTable', () => {
  it('has a row a set, with the scored rollouts behind each number', () => {
    const lines = evaluationTable([
      totals('trained on', 'before', 0.2),
      totals('unseen', 'before', 0.3),
      totals('trained on', 'after', 0.7),
      totals('unseen', 'after', 0.25),
    ]).split('\n');
    assert.equal(lines.length, 4);
    assert.match(lines[2] ?? '', /^trained on +6 +0\.150 +0\.200 +25% +20 +0\.700 +25% +20 +\+0\.500$/);
    assert.match(lines[3] ?? '', /^unseen +6 +0\.150 +0\.300 +25% +20 +0\.250 +25% +20 +-0\.050$/);
  });

  it('shows dashes for what has not been evaluated', () => {
    const before = evaluationTable([totals('x', 'before', 0.2)]);
    assert.match(before, /^x +6 +0\.150 +0\.200 +25% +20 +– +– +– +–$/m);
  });
});

describe('the plot', () => {
  it('draws any number of steps in the terminal', () => {
    assert.equal(terminalPlot([]), '');
    assert.match(terminalPlot([0.2]), /^reward by step\n/);
    const plot = terminalPlot([0.2, 0.2, 0.8]);
    assert.match(plot, /╭/);
    for (const line of plot.split('\n')) assert.ok(line.length <= 80, line);
    assert.ok(terminalPlot(Array.from({ length: 120 }, (_, i) => i / 120)).includes('120'));
  });

  it('is an SVG document', async () => {
    const svg = await svgPlot('a<b', [0.2, 0.5, 0.4]);
    assert.match(svg, /^<\?xml[^>]*\?>\n<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    assert.match(svg, /<\/svg>\n$/);
    assert.equal(svg.match(/<circle/g)?.length, 3);
    assert.ok(svg.includes('a&lt;b'));
  });
});

describe('groupTable', () => {
  it('shows rewards and advantages, none for a failed member', () => {
    const table = groupTable(
      [
        trajectory({ rollout: 'r/g-000001/i-1/2.1', reward: 1, resolved: true }),
        trajectory({ rollout: 'r/g-000001/i-1/1.1', reward: 0.2, metrics: { baselineReward: 0.2 } }),
        trajectory({ rollout: 'r/g-000001/i-1/4.1', reward: 1, mask: 'agent_timeout' }),
        trajectory({ rollout: 'r/g-000001/i-1/3.1', status: 'failed', stopReason: 'failed', reward: null }),
      ],
      'mean',
    );
    const [head, ...rows] = table.split('\n').map((line) => line.split(/ {2,}/));
    assert.deepEqual(
      head?.join(),
      'rollout,reward,doing nothing,resolved,stop reason,turns,advantage,kept out',
    );
    assert.deepEqual(rows[0], ['1.1', '0.200', '0.200', 'no', 'done', '0', '-0.400', '–']);
    assert.deepEqual(rows[1], ['2.1', '1.000', '–', 'yes', 'done', '0', '+0.400', '–']);
    assert.deepEqual(rows[2], ['3.1', '–', '–', 'no', 'failed', '0', '–', '–']);
    assert.deepEqual(rows[3], ['4.1', '1.000', '–', 'no', 'done', '0', '–', 'agent_timeout']);
  });

  it('has no advantages for a single rollout, and no masks where there is none', () => {
    assert.doesNotMatch(groupTable([trajectory({ reward: 0.2 })], 'mean'), /advantage|kept out/);
  });
});

function totals(set: string, when: 'before' | 'after', reward: number): EvaluationTotals {
  return {
    set,
    when,
    policyVersion: 0,
    instances: 6,
    rollouts: 24,
    failed: 4,
    rewardSum: reward * 20,
    resolved: 5,
    baselineSum: 3,
    baselines: 20,
  };
}
