import type { Finding, FindingKind } from '../../domain/findings.ts';
import type { Reward } from '../../domain/reward.ts';
import type { Abuse } from '../../domain/trajectory.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { scoreRun, scoreUntouched, worthless, type Scoring } from './score.ts';
import { suspicionOf } from './suspicion.ts';

/** What one run of a patch's tests comes to. */
export interface Verdict {
  readonly testRun: TestRun;
  readonly score: Reward;
  readonly abuse: Abuse | null;
  readonly findings: readonly Finding[];
}

/** Judges a confirmed run of a patch's tests beside that of an untouched tree. */
export function verdictOf(scoring: Scoring, patch: string, testRun: TestRun, baseline: TestRun): Verdict {
  const untouched = patch === '' || !testRun.patchApplied;
  const abuse = untouched ? null : abuseIn(testRun, baseline);
  const findings: Finding[] = [];
  if (abuse !== null) findings.push(finding('resources_abused', `its tests ran out of ${abuse}, twice`));
  if (testRun.spoofed !== null) findings.push(finding('output_spoofed', testRun.spoofed));
  if (abuse !== null) return { testRun, score: worthless(scoring.instance), abuse, findings };
  if (!untouched) return { testRun, score: scoreRun(scoring, testRun), abuse, findings };
  if (scoreRun(scoring, testRun).resolved)
    findings.push(finding('empty_patch_passes', 'every listed test passes though nothing was done'));
  return { testRun, score: scoreUntouched(scoring, testRun), abuse, findings };
}

/** A finding of the grading's own. */
export function finding(kind: FindingKind, detail: string): Finding {
  return { kind, where: 'grading', detail: detail.slice(0, 200) };
}

/** What the patch ran out of; null where the untouched tree does the same. */
function abuseIn(testRun: TestRun, baseline: TestRun): Abuse | null {
  const suspicion = suspicionOf(testRun);
  if (suspicion === null || suspicion === 'died') return null;
  return suspicion === suspicionOf(baseline) ? null : suspicion;
}
