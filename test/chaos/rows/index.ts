import { readdir } from 'node:fs/promises';
import type { Row } from '../row.ts';

/** Every row of the suite: each file beside this one exports one or more. */
export async function allRows(): Promise<readonly Row[]> {
  const files = (await readdir(import.meta.dirname)).filter(
    (file) => file.endsWith('.ts') && file !== 'index.ts',
  );
  const modules = await Promise.all(
    files.toSorted().map(async (file) => (await import(`./${file}`)) as Readonly<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.values(module).flat().filter(isRow));
}

function isRow(value: unknown): value is Row {
  return (
    typeof value === 'object' && value !== null && 'name' in value && 'tries' in value && 'open' in value
  );
}
