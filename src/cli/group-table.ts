import { type AdvantageKind, advantagesOf } from '../domain/advantage.ts';
import type { Trajectory } from '../domain/trajectory.ts';
import { number } from './progress-line.ts';
import { table } from './results-table.ts';

/** How the rollouts of one instance ended; advantages where there are two to compare. */
export function groupTable(trajectories: readonly Trajectory[], kind: AdvantageKind): string {
  const ordered = trajectories.toSorted((a, b) => a.rollout.localeCompare(b.rollout));
  const scored = ordered.filter((one) => one.status === 'scored');
  const advantages = advantagesOf(
    scored.map((one) => one.reward ?? 0),
    kind,
  );
  const isGroup = ordered.length > 1;
  const rows = ordered.map((one) => {
    const advantage = advantages[scored.indexOf(one)];
    return [
      shortRollout(one.rollout),
      number(one.status === 'scored' ? one.reward : null),
      one.resolved ? 'yes' : 'no',
      one.failure === null ? one.stopReason : `${one.stopReason}: ${one.failure.type}`,
      String(one.turns.filter((turn) => turn.kind === 'model').length),
      ...(isGroup
        ? [advantage === undefined ? '–' : `${advantage >= 0 ? '+' : ''}${advantage.toFixed(3)}`]
        : []),
    ];
  });
  const head = ['rollout', 'reward', 'resolved', 'stop reason', 'turns', ...(isGroup ? ['advantage'] : [])];
  return table([head, ...rows]);
}

/** The last part of a rollout's id: member and attempt. */
export function shortRollout(rollout: string): string {
  return rollout.split('/').at(-1) ?? rollout;
}
