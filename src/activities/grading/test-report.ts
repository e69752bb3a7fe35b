import type { TestOutcome } from '../../domain/reward.ts';
import type { CommandResult } from '../../ports/sandbox.ts';
import type { RunnerReport } from './runners/runner.ts';

const ORDER = ['passed', 'skipped', 'failed'] as const;
const VERSION = 2;

/** Exit statuses with which the tests were all run; what passed in a run that broke off with another says nothing. */
const ALL_PASSED = 0;
const SOME_FAILED = 1;

/**
 * Reads what a reporter wrote (guest/reporter_pipe.py): null when it never started, which no code of the repository can
 * bring about. A line that the reporter cannot have written marks the report as spoofed, and the test that it names as
 * failed. A run has ended when the last line says so and the process left with the status that it names.
 */
export function readReport(
  result: Pick<CommandResult, 'report' | 'exitCode'>,
): Omit<RunnerReport, 'official'> | null {
  // More than any reporter writes came through, in which the beginning is worth as little as the rest.
  if (result.report === null) return { outcomes: {}, ended: false, spoofed: 'the report was flooded' };
  const [first = '', ...rest] = result.report.split('\n');
  const word = startOf(parsed(first));
  if (word === null) return null;
  // What was cut off at the end by a kill is nobody's forgery.
  const lines = rest.slice(0, -1).map(parsed);
  const outcomes = new Map<string, TestOutcome>();
  let spoofed: string | null = null;
  let written = 0;
  let end: { readonly status: number; readonly tests: number } | null = null;
  for (const line of lines) {
    const own = line?.['word'] === word && end === null;
    if (own && isTest(line)) {
      written += 1;
      outcomes.set(line.test, worse(outcomes.get(line.test), line.outcome));
    } else if (own && isEnd(line)) {
      end = { status: line.end, tests: line.tests };
    } else {
      spoofed ??= `a line that the reporter did not write: ${JSON.stringify(line)}`.slice(0, 200);
      if (typeof line?.['test'] === 'string') outcomes.set(line['test'], 'failed');
    }
  }
  if (end !== null && end.tests !== written) spoofed ??= `${written} lines where ${end.tests} were written`;
  if (end !== null && result.exitCode !== null && end.status !== result.exitCode)
    spoofed ??= `the process left with ${result.exitCode} and had said ${end.status}`;
  const ended = spoofed === null && end !== null && end.status === result.exitCode;
  const counts = !ended || end?.status === ALL_PASSED || end?.status === SOME_FAILED;
  const kept = counts ? outcomes : [...outcomes].filter(([, outcome]) => outcome !== 'passed');
  return { outcomes: Object.fromEntries(kept), ended, spoofed };
}

type Line = Readonly<Record<string, unknown>>;

function parsed(text: string): Line | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Line) : null;
  } catch {
    return null;
  }
}

function startOf(line: Line | null): string | null {
  return line?.['start'] === VERSION && typeof line['word'] === 'string' ? line['word'] : null;
}

function isTest(line: Line | null): line is Line & { test: string; outcome: (typeof ORDER)[number] } {
  return typeof line?.['test'] === 'string' && ORDER.some((known) => known === line['outcome']);
}

function isEnd(line: Line | null): line is Line & { end: number; tests: number } {
  return typeof line?.['end'] === 'number' && typeof line['tests'] === 'number';
}

/** A test that is reported twice (a plugin's rerun) is as bad as its worst. */
function worse(a: TestOutcome | undefined, b: (typeof ORDER)[number]): TestOutcome {
  return (ORDER as readonly TestOutcome[]).indexOf(a ?? 'passed') > ORDER.indexOf(b) ? (a ?? b) : b;
}
