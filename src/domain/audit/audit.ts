import type { Finding } from '../findings.ts';
import type { TurnLink } from '../trajectory.ts';
import { auditedCalls } from './calls.ts';
import { historyAccess } from './history.ts';
import { hostProbed } from './host.ts';
import { networkTried } from './network.ts';
import { resourcesAbused } from './resources.ts';
import { runnerPatched } from './runner.ts';
import { outputSpoofed } from './spoofing.ts';
import { testFilesWritten } from './test-files.ts';
import type { AuditSubject, Theme } from './theme.ts';

const THEMES: readonly Theme[] = [
  historyAccess,
  networkTried,
  testFilesWritten,
  outputSpoofed,
  runnerPatched,
  hostProbed,
  resourcesAbused,
];

/** Of one kind; more of the same tell nothing new. */
const OF_A_KIND = 5;
const DETAIL_CHARACTERS = 200;

/**
 * What the tool calls of a transcript show of attempts on the reward. It goes by what calls carry out, not by what stands
 * in the code that they edit, and rather misses than suspects: an honest transcript has no finding.
 */
export function auditTranscript(turns: readonly TurnLink[], subject: AuditSubject): readonly Finding[] {
  const shown: string[] = [];
  const seen = (text: string) => shown.some((observation) => observation.includes(text));
  const findings: Finding[] = [];
  for (const call of auditedCalls(turns)) {
    for (const theme of THEMES) {
      for (const { kind, detail } of theme(call, subject, seen)) {
        const finding = { kind, where: call.where, detail: tidy(detail) };
        if (isNews(finding, findings)) findings.push(finding);
      }
    }
    shown.push(call.observation);
  }
  return findings;
}

function isNews({ kind, detail }: Finding, known: readonly Finding[]): boolean {
  const same = known.filter((one) => one.kind === kind);
  return same.length < OF_A_KIND && !same.some((one) => one.detail === detail);
}

/** In one line, without what a terminal or a page would obey. */
function tidy(detail: string): string {
  const line = detail
    .slice(0, DETAIL_CHARACTERS * 4)
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return (line.length > DETAIL_CHARACTERS ? `${line.slice(0, DETAIL_CHARACTERS - 1)}…` : line).toWellFormed();
}
