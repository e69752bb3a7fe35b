import { kindsOf } from '../../../src/domain/findings.ts';
import { maskingKinds, type Judged } from './judge.ts';

const HEAD = [
  ['attack', 'expected', 'ours', 'with the fix', 'a stock grader'],
  ['---', '---', '---', '--:', '--:'],
];

/** A table of attacks and what came of them, a part for each theme. */
export function tableOf(judged: readonly Judged[]): string {
  return [...Map.groupBy(judged, ({ theme }) => theme)]
    .map(([theme, some]) => `### ${theme}\n\n${[...HEAD, ...some.map(rowOf)].map(lineOf).join('\n')}`)
    .join('\n\n');
}

/** One attack in one line, for people who wait. */
export function summaryOf(judged: Judged): string {
  const { theme, name, wrong } = judged;
  return `${wrong.length === 0 ? 'ok' : 'NOT OK'} ${theme}/${name}: ${rowOf(judged)[2]}${wrong.map((one) => `; ${one}`).join('')}`;
}

function rowOf({ attack, outcome, seen }: Judged): string[] {
  const kinds = seen === 'flagged' ? maskingKinds(outcome) : kindsOf(outcome.findings);
  const found = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
  if (outcome.kind === 'broken') return [attack.title, attack.expected, outcome.error, '', ''];
  if (outcome.kind === 'probe') {
    const got = outcome.got.length === 0 ? 'got nothing' : `got ${outcome.got.length} things`;
    return [attack.title, attack.expected, `${got}, ${seen}${found}`, '', ''];
  }
  const gold = outcome.gold === null ? '' : outcome.gold.toFixed(2);
  const ours = `${outcome.reward.toFixed(2)}, ${seen}${found}`;
  return [attack.title, attack.expected, ours, gold, outcome.stock?.toFixed(2) ?? ''];
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
