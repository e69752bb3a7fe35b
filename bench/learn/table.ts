import { ARMS } from './arms.ts';
import type { Learned } from './ledger.ts';
import { changesOf, runsOf, type Spread, spreadOf } from './statistics.ts';

const HEAD = [
  'trained',
  'evaluated on',
  'seeds',
  'reward before',
  'after',
  'change',
  'least of a seed',
  'resolved',
];

/** What each arm came to on each set, a line each. */
export function tableOf(ledger: readonly Learned[]): string {
  const rows = ARMS.flatMap((arm) => {
    const runs = runsOf(arm, ledger);
    return changesOf(runs).map((change) => [
      arm.title,
      `${change.set} (${change.instances})`,
      String(runs.length),
      change.before.mean.toFixed(3) + plusMinus(change.before),
      change.after.mean.toFixed(3) + plusMinus(change.after),
      signed(change.change.mean) + plusMinus(change.change),
      signed(change.change.least),
      `${percent(change.resolvedBefore)} to ${percent(change.resolvedAfter)}`,
    ]);
  });
  return markdown([HEAD, ['---', '---', ...HEAD.slice(2).map(() => '--:')], ...rows]);
}

/** How long the runs of each arm took, and how many rollouts failed. */
export function timesOf(ledger: readonly Learned[]): string {
  const rows = ARMS.flatMap((arm) => {
    const runs = runsOf(arm, ledger);
    if (runs.length === 0) return [];
    const unbroken = runs.filter(({ interrupted }) => !interrupted);
    const minutes = spreadOf(unbroken.map(({ seconds }) => seconds / 60));
    const steps = spreadOf(runs.map(({ rewardByStep }) => rewardByStep.length));
    const ages = runs.flatMap(({ staleness }) => staleness ?? []);
    const failed = runs.reduce((sum, one) => sum + one.failed, 0);
    const commits = [...new Set(runs.map(({ commit }) => commit))].join(', ');
    return [
      [
        arm.title,
        String(runs.length),
        `${steps.least} to ${steps.most}`,
        unbroken.length === 0 ? '' : `${minutes.mean.toFixed(1)}, at most ${minutes.most.toFixed(1)}`,
        ages.length === 0 ? '' : spreadOf(ages).mean.toFixed(1),
        String(failed),
        commits,
      ],
    ];
  });
  const head = [
    'trained',
    'seeds',
    'steps',
    'minutes of an unbroken run',
    'steps old',
    'rollouts failed',
    'commit',
  ];
  return markdown([head, ['---', ...head.slice(2).map(() => '--:'), '---'], ...rows]);
}

function markdown(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function plusMinus({ deviation }: Spread): string {
  return deviation === null ? '' : ` ± ${deviation.toFixed(3)}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
