import { meanBaseline, meanResolved, meanReward } from '../domain/rollout-totals.ts';
import type { RunProgress, RunSummary } from '../domain/run-summary.ts';

/** "step 3/12 · reward 0.430 (doing nothing: 0.200) · resolved 12% · failures 0 · ETA 4 min · collecting 5/32". */
export function progressLine(progress: RunProgress, etaSeconds: number | null): string {
  const { totals, phase } = progress;
  const rewards = progress.rewardByStep;
  const last = rewards.at(-1);
  const count = progress.phaseTotal > 0 ? ` ${progress.phaseDone}/${progress.phaseTotal}` : '';
  const parts = [
    progress.mode === 'train' ? `step ${progress.step}/${progress.steps}` : null,
    `reward ${rewardText(last ?? meanReward(totals), meanBaseline(totals))}`,
    `resolved ${percent(meanResolved(totals))}`,
    `failures ${totals.failed}`,
    etaSeconds === null ? null : `ETA ${duration(etaSeconds)}`,
    `${phase}${count}`,
    // Workers of an older build say neither.
    progress.held ? `held: ${progress.held.reason}` : null,
    progress.draining ? 'draining' : null,
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** "0.430 (doing nothing: 0.200)": a reward says little without what an idle agent earns, which is left out where unknown. */
export function rewardText(reward: number | null, baseline: number | null): string {
  return baseline === null ? number(reward) : `${number(reward)} (doing nothing: ${number(baseline)})`;
}

/** "checked 12, kept 10 (f2p_fails_before 2)"; null where nothing was filtered. */
export function filterLine(filter: RunSummary['filter']): string | null {
  if (filter === null) return null;
  const reasons = Object.entries(filter.reasons).map(([reason, count]) => `${reason} ${count}`);
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  return `quality filter: checked ${filter.checked}, kept ${filter.kept}${why}`;
}

/** A number as tables show it; a dash where there is none. */
export function number(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}

/** A share as tables show it; a dash where there is none. */
export function percent(value: number | null): string {
  return value === null ? '–' : `${Math.round(value * 100)}%`;
}

/** "40 s", "12 min", "3 h 05 min". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
