import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** Reads a file of a JSON value a line; there need be none yet. Throws an Error that names the line which is not JSON. */
export function readJsonLines(path: string): readonly unknown[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      throw new Error(`${path}, line ${i + 1} is not JSON: ${line.slice(0, 80)}`, { cause: error });
    }
  });
}

/** Adds a value to such a file. */
export function appendJsonLine(path: string, value: unknown): void {
  appendFileSync(path, `${JSON.stringify(value)}\n`);
}
