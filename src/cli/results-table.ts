import type { EvaluationTotals } from '../domain/run-summary.ts';
import { meanBaseline, meanResolved, meanReward } from '../domain/rollout-totals.ts';
import { number, percent } from './progress-line.ts';

/** Aligns cells in columns: the first to the left, the rest to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  return align(rows, (cell, width, i) => (i === 0 ? cell.padEnd(width) : cell.padStart(width)));
}

/** Aligns cells in columns, all to the left. */
export function listing(rows: readonly (readonly string[])[]): string {
  return align(rows, (cell, width) => cell.padEnd(width));
}

/** Each cell padded to the width of its column, two spaces between columns, none at a line's end. */
function align(
  rows: readonly (readonly string[])[],
  pad: (cell: string, width: number, column: number) => string,
): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => pad(cell, widths[i] ?? 0, i))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Reward and resolved before and after, a row a set, beside what doing nothing earns, with the rollouts behind each. */
export function evaluationTable(evaluations: readonly EvaluationTotals[]): string {
  const sets = [...new Set(evaluations.map((one) => one.set))];
  const rows = sets.map((set) => {
    const before = pick(evaluations, set, 'before');
    const after = pick(evaluations, set, 'after');
    return [
      set,
      String((after ?? before)?.instances ?? 0),
      number(baselineOf(after) ?? baselineOf(before)),
      ...reward(before),
      ...reward(after),
      change(before, after),
    ];
  });
  const head = [
    'instances of',
    'instances',
    'doing nothing',
    'reward',
    'resolved',
    'rollouts',
    'reward',
    'resolved',
    'rollouts',
    'reward',
  ];
  const over = ['', '', '', 'before', '', '', 'after', '', '', 'change'];
  return table([over, head, ...rows]);
}

function pick(evaluations: readonly EvaluationTotals[], set: string, when: 'before' | 'after') {
  return evaluations.find((one) => one.set === set && one.when === when) ?? null;
}

function baselineOf(totals: EvaluationTotals | null): number | null {
  return totals === null ? null : meanBaseline(totals);
}

function reward(totals: EvaluationTotals | null): string[] {
  if (totals === null) return ['–', '–', '–'];
  return [number(meanReward(totals)), percent(meanResolved(totals)), String(totals.rollouts - totals.failed)];
}

function change(before: EvaluationTotals | null, after: EvaluationTotals | null): string {
  const from = before === null ? null : meanReward(before);
  const to = after === null ? null : meanReward(after);
  if (from === null || to === null) return '–';
  return `${to >= from ? '+' : ''}${(to - from).toFixed(3)}`;
}
