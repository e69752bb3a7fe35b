import { maskedOf, meanReward, scoredOf } from '../domain/rollout-totals.ts';
import type { Counts, RetryTotals, RolloutTotals, RunProgress } from '../domain/run-summary.ts';
import { number, percent } from './progress-line.ts';

/** Why a run stands still and how it goes on, or that it is ending; nothing for one that simply runs. */
export function holdLines({ run, held, draining }: Pick<RunProgress, 'run' | 'held' | 'draining'>): string[] {
  const lines: string[] = [];
  // Workers of an older build do not say.
  if (held) {
    const since = held.since.slice(0, 19).replace('T', ' ');
    const by = held.by === 'person' ? 'held' : 'held itself';
    lines.push(
      `${by} since ${since} UTC: ${held.reason}`,
      `go on with: steadfast resume ${run}  or end it with: steadfast cancel ${run}`,
    );
  }
  if (draining) lines.push('draining: what is in flight is finished, nothing new begins');
  return lines;
}

/**
 * "failed attempts 2 of 20 (10%), 1 member retried, reward 0.500 against 0.400 at the first try, 1 group given up"; null
 * where nothing failed, or the run is older than the counts.
 */
export function retryLine(totals: RolloutTotals, retries: RetryTotals | undefined): string | null {
  if (retries === undefined || retries.failedAttempts === 0) return null;
  const { attempts, failedAttempts, retried, retriedRewardSum, groupsGivenUp } = retries;
  const first = meanReward({
    ...totals,
    rollouts: totals.rollouts - retried,
    rewardSum: totals.rewardSum - retriedRewardSum,
  });
  const members = `${retried} member${retried === 1 ? '' : 's'} retried`;
  const rewards =
    retried === 0
      ? ''
      : `, ${members}, reward ${number(retriedRewardSum / retried)} against ${number(first)} at the first try`;
  const groups = `${groupsGivenUp} group${groupsGivenUp === 1 ? '' : 's'} given up`;
  return (
    `failed attempts ${failedAttempts} of ${attempts} (${percent(failedAttempts / attempts)})${rewards}` +
    (groupsGivenUp === 0 ? '' : `, ${groups}`)
  );
}

/**
 * "for inference only, without token ids or logprobs: 20 of 20", "kept out of the loss 3 of 20 (15%): grading_timeout 2,
 * finding:host_probed 1" and "findings: history_access 2 (10%)", each where there is something to say.
 */
export function trustLines(totals: RolloutTotals): string[] {
  const scored = Math.max(1, scoredOf(totals));
  const masked = maskedOf(totals);
  const { untrainable = 0 } = totals;
  const findings = listOf(totals.findings, (count) => `${count} (${percent(count / scored)})`);
  return [
    ...(untrainable === 0
      ? []
      : [`for inference only, without token ids or logprobs: ${untrainable} of ${scored}`]),
    ...(masked === 0
      ? []
      : [
          `kept out of the loss ${masked} of ${scored} (${percent(masked / scored)}): ${listOf(totals.masked)}`,
        ]),
    ...(findings === '' ? [] : [`findings: ${findings}`]),
  ];
}

/** "epoch 3 takes 12 instances, solve rate 0.420; 3 rest as always solved, 5 as never solved"; null without a curriculum. */
export function curriculumLine(curriculum: RunProgress['curriculum']): string | null {
  if (curriculum === undefined) return null;
  const { epoch, chosen, solveRate, restingSolved, restingUnsolved } = curriculum;
  const rate = solveRate === null ? '' : `, solve rate ${number(solveRate)}`;
  return (
    `epoch ${epoch} takes ${chosen} instances${rate}; ` +
    `${restingSolved} rest as always solved, ${restingUnsolved} as never solved`
  );
}

/** The largest first. */
function listOf(counts: Counts = {}, text: (count: number) => string = String): string {
  const ordered = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  return ordered.map(([name, count]) => `${name} ${text(count)}`).join(', ');
}
