import type { TestOutcome, TestOutcomes } from '../../domain/reward.ts';

const ORDER = ['passed', 'skipped', 'failed'] as const;

/**
 * Reads the reporter's file: outcomes by node id, or null when pytest never started. A line that is not the
 * reporter's (a killed run's last, or one that code under test wrote) says nothing.
 */
export function readReport(text: string | null): TestOutcomes | null {
  const [first, ...lines] = (text ?? '').split('\n');
  if (first !== '{"started": true}') return null;
  const outcomes = new Map<string, TestOutcome>();
  for (const line of lines) {
    const entry = parsed(line);
    if (entry !== null) outcomes.set(entry.id, worse(outcomes.get(entry.id), entry.outcome));
  }
  return Object.fromEntries(outcomes);
}

/** The outcomes of the listed tests alone; `missing` for one that the report does not name. */
export function listedOutcomes(report: TestOutcomes, listed: readonly string[]): TestOutcomes {
  return Object.fromEntries(
    listed.map((id) => [id, Object.hasOwn(report, id) ? (report[id] ?? 'missing') : 'missing']),
  );
}

function parsed(line: string): { id: string; outcome: (typeof ORDER)[number] } | null {
  try {
    const value: unknown = JSON.parse(line);
    if (!Array.isArray(value) || typeof value[0] !== 'string') return null;
    const outcome = ORDER.find((known) => known === value[1]);
    return outcome === undefined ? null : { id: value[0], outcome };
  } catch {
    return null;
  }
}

/** A test that is reported twice (a plugin's rerun) is as bad as its worst. */
function worse(a: TestOutcome | undefined, b: (typeof ORDER)[number]): TestOutcome {
  return (ORDER as readonly TestOutcome[]).indexOf(a ?? 'passed') > ORDER.indexOf(b) ? (a ?? b) : b;
}
