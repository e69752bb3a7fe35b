import { SteadfastError } from '../domain/failures.ts';
import type { Instance } from '../domain/instance.ts';
import { parseInstance } from './instance.ts';
import type { SweBenchSettings } from './instance-image.ts';
import { cut } from './instance-record.ts';

/**
 * Reads the text of a data file: JSON Lines, one JSON array of records, or a single record. Throws `Instance.Invalid`
 * that names the file and the line (of JSON Lines) or the record's number (of an array).
 */
export function parseInstanceFile(content: string, path: string, settings: SweBenchSettings): Instance[] {
  const instances = recordsOf(content.replace(/^\ufeff/, ''), path).map(({ record, where }) =>
    parseInstance(record, where, settings),
  );
  if (instances.length === 0) throw new SteadfastError('Instance.Invalid', `${path} holds no instance`);
  return instances;
}

interface Found {
  readonly record: unknown;
  readonly where: string;
}

function recordsOf(text: string, path: string): readonly Found[] {
  if (text.trimStart().startsWith('[')) {
    const value = parseJson(text, path);
    const records: readonly unknown[] = Array.isArray(value) ? value : [];
    return records.map((record, i) => ({ record, where: `${path} record ${i + 1}` }));
  }
  const lines = linesOf(text);
  // A record over several lines, as people format one by hand.
  if (lines[0]?.line === '{') return [{ record: parseJson(text, path), where: path }];
  return lines.map(({ line, number }) => {
    const where = `${path} line ${number}`;
    return { record: parseJson(line, where), where };
  });
}

function linesOf(text: string): { line: string; number: number }[] {
  return text
    .split('\n')
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== '');
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const message = `${where} is not JSON (${cut(said)}); expected JSON Lines, one instance a line, or a JSON array`;
    throw new SteadfastError('Instance.Invalid', message, { cause });
  }
}
