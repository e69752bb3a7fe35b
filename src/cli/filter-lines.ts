import {
  REFERENCE_YIELD,
  shareKept,
  type FilterProgress,
  type FilterSummary,
} from '../domain/filter-summary.ts';
import type { Verdict } from '../domain/run-summary.ts';
import { duration, percent } from './progress-line.ts';

/** "judging 12/106 · kept 10 (83%) · flaky 1, empty_f2p 1 · ETA 4 min". */
export function filterProgressLine(progress: FilterProgress, etaSeconds: number | null): string {
  const { phase, total, checked, kept, reasons } = progress;
  if (phase === 'loading') return 'loading the data';
  const parts = [
    `${phase} ${checked}/${total}`,
    `kept ${kept} (${percent(shareKept(kept, checked))})`,
    reasonsLine(reasons),
    etaSeconds === null ? null : `ETA ${duration(etaSeconds)}`,
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** The NDJSON record of one verdict. */
export function verdictRecord(verdict: Verdict): Record<string, unknown> {
  const { instanceId, runs = 0, flakeScore = 0 } = verdict;
  return {
    type: 'verdict',
    instance_id: instanceId,
    verdict: verdict.verdict,
    reason: verdict.reason,
    detail: verdict.detail,
    runs,
    flake_score: flakeScore,
  };
}

/** The last NDJSON record of a filter. */
export function summaryRecord(summary: FilterSummary, keptFile: string): Record<string, unknown> {
  const { run, data, checked, kept, reasons, quarantined } = summary;
  return {
    type: 'summary',
    run,
    data,
    checked,
    kept,
    share_kept: shareKept(kept, checked),
    reference_share_kept: shareKept(REFERENCE_YIELD.kept, REFERENCE_YIELD.of),
    reasons,
    quarantined,
    kept_file: keptFile,
  };
}

/** What a person reads when a filter has ended. */
export function filterLines(summary: FilterSummary, keptFile: string): readonly string[] {
  const { checked, kept, reasons, quarantined } = summary;
  const width = Math.max(0, ...Object.values(reasons).map((count) => String(count).length));
  const { kept: theirs, of } = REFERENCE_YIELD;
  const reference = `the reference set: ${theirs} of ${of}, ${percent(shareKept(theirs, of))}`;
  return [
    `kept ${kept} of ${checked} instances, ${percent(shareKept(kept, checked))} (${reference})`,
    ...byCount(reasons).map(([reason, count]) => `  ${String(count).padStart(width)} ${reason}`),
    ...(quarantined === 0 ? [] : [`${quarantined} of them are in quarantine: training has seen them flaky`]),
    `kept records: ${keptFile}`,
  ];
}

function reasonsLine(reasons: Readonly<Record<string, number>>): string | null {
  const known = byCount(reasons).map(([reason, count]) => `${reason} ${count}`);
  return known.length === 0 ? null : known.join(', ');
}

function byCount(reasons: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(reasons).toSorted(([, a], [, b]) => b - a);
}
