import { type Try, survived } from './ledger.ts';
import { percentile } from './percentile.ts';
import type { Row } from './row.ts';

const HEAD = [
  ['fault', 'tries', 'survived', 'lost', 'doubled', 'leaked', 'recovery p50', 'p95', 'commit'],
  ['---', '--:', '--:', '--:', '--:', '--:', '--:', '--:', '---'],
];

/** A table of what the newest commit of each row came to, a line each row. */
export function tableOf(rows: readonly Row[], ledger: readonly Try[]): string {
  const lines = rows.map((row) => {
    const all = ledger.filter((one) => one.row === row.name);
    const commit = all.at(-1)?.commit ?? '';
    const tries = all.filter((one) => one.commit === commit);
    const recovery = tries.flatMap(({ recoverySeconds }) =>
      recoverySeconds === null ? [] : [recoverySeconds],
    );
    return [
      row.title,
      `${tries.length} of ${row.tries}`,
      String(tries.filter(survived).length),
      ...(['lost', 'doubled', 'leaked'] as const).map((what) =>
        String(tries.reduce((sum, one) => sum + one[what], 0)),
      ),
      seconds(percentile(recovery, 0.5)),
      seconds(percentile(recovery, 0.95)),
      commit,
    ];
  });
  return [...HEAD, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function seconds(value: number | null): string {
  return value === null ? '' : `${value.toFixed(1)} s`;
}
