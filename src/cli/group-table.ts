import { advantageSeed, type AdvantageKind, advantagesOf } from '../domain/advantage.ts';
import type { Trajectory } from '../domain/trajectory.ts';
import { number } from './progress-line.ts';
import { table } from './results-table.ts';

/** The number of the only group of a run of one instance. */
const GROUP = 1;

/**
 * How the rollouts of one instance ended, and what doing nothing would have earned; advantages where there are two to
 * compare, and why one is kept out of the loss.
 */
export function groupTable(trajectories: readonly Trajectory[], kind: AdvantageKind, runSeed = 0): string {
  const ordered = trajectories.toSorted((a, b) => a.rollout.localeCompare(b.rollout));
  const scored = ordered.filter((one) => one.status === 'scored' && (one.mask ?? null) === null);
  const advantages = advantagesOf(
    scored.map((one) => one.reward ?? 0),
    kind,
    advantageSeed(runSeed, GROUP),
  );
  const isGroup = ordered.length > 1;
  const isMasked = ordered.some((one) => (one.mask ?? null) !== null);
  const rows = ordered.map((one) => {
    const advantage = advantages[scored.indexOf(one)];
    return [
      shortRollout(one.rollout),
      number(one.status === 'scored' ? one.reward : null),
      number(one.metrics['baselineReward'] ?? null),
      one.resolved ? 'yes' : 'no',
      one.failure === null ? one.stopReason : `${one.stopReason}: ${one.failure.type}`,
      String(one.turns.filter((turn) => turn.kind === 'model').length),
      ...(isGroup
        ? [advantage === undefined ? '–' : `${advantage >= 0 ? '+' : ''}${advantage.toFixed(3)}`]
        : []),
      ...(isMasked ? [one.mask ?? '–'] : []),
    ];
  });
  const head = [
    'rollout',
    'reward',
    'doing nothing',
    'resolved',
    'stop reason',
    'turns',
    ...(isGroup ? ['advantage'] : []),
    ...(isMasked ? ['kept out'] : []),
  ];
  return table([head, ...rows]);
}

/** The last part of a rollout's id: member and attempt. */
export function shortRollout(rollout: string): string {
  return rollout.split('/').at(-1) ?? rollout;
}
