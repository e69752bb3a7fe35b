import type { TestOutcome, TestOutcomes } from '../../domain/reward.ts';

/** The outcomes of the listed tests alone; `missing` for one that the report does not name. */
export function listedOutcomes(report: TestOutcomes, listed: readonly string[]): TestOutcomes {
  const found = byListedIds(listed, report);
  return Object.fromEntries(
    listed.map((id) => [id, Object.hasOwn(found, id) ? (found[id] ?? 'missing') : 'missing']),
  );
}

/**
 * Outcomes by the listed ids. Some of SWE-bench's are cut off within their parameters, and name what begins with them:
 * all of it must pass. Some of SWE-smith's have `/n` where pytest has an escaped newline. Each test that was found counts
 * for one listed id: its own, or that of the newline, or else the longest that begins it.
 */
export function byListedIds(listed: readonly string[], found: TestOutcomes): TestOutcomes {
  const outcomes = new Map<string, TestOutcome>();
  const exact = new Set(listed);
  const absent = listed.filter((id) => !Object.hasOwn(found, id));
  const unescaped = new Map(absent.filter((id) => id.includes('/n')).map((id) => [withNewlines(id), id]));
  const cut = absent.filter(isCut).toSorted((a, b) => b.length - a.length);
  for (const [id, outcome] of Object.entries(found)) {
    const named = exact.has(id) ? id : (unescaped.get(id) ?? cut.find((prefix) => id.startsWith(prefix)));
    if (named !== undefined) outcomes.set(named, worse(outcomes.get(named), outcome));
  }
  return Object.fromEntries(outcomes);
}

/** The id as pytest writes it: of its parameters alone, since a path may well hold `/n`. */
function withNewlines(id: string): string {
  const from = id.indexOf('[');
  return from === -1 ? id : id.slice(0, from) + id.slice(from).replaceAll('/n', '\\n');
}

function isCut(id: string): boolean {
  return id.split('[').length > id.split(']').length;
}

const ORDER: readonly TestOutcome[] = ['passed', 'skipped', 'missing', 'failed'];

function worse(a: TestOutcome | undefined, b: TestOutcome): TestOutcome {
  return a !== undefined && ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b;
}
