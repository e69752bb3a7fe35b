import { createReadStream } from 'node:fs';
import { SteadfastError } from '../../../domain/failures.ts';
import { parseJson } from './parse-json.ts';
import type { RecordFile } from './record-file.ts';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 20;

interface Line {
  readonly bytes: Buffer;
  readonly number: number;
}

/** JSON Lines: streamed each time, and of a pass only the wanted lines are parsed; a line at a time is in memory. */
export function openJsonLinesFile(path: string, name: string): RecordFile {
  let counted: number | null = null;
  return {
    fields: null,
    async count() {
      if (counted !== null) return counted;
      counted = 0;
      for await (const line of linesOf(path, name)) if (!isBlank(line.bytes)) counted++;
      return counted;
    },
    async *read({ positions }) {
      if (positions?.length === 0) return;
      let position = -1;
      let next = 0;
      for await (const { bytes, number } of linesOf(path, name)) {
        if (isBlank(bytes)) continue;
        position++;
        if (positions !== null && positions[next] !== position) continue;
        const where = `${name} line ${number}`;
        yield { position, record: parseJson(bytes.toString('utf8').replace(/^\ufeff/, ''), where), where };
        if (positions !== null && ++next === positions.length) return;
      }
    },
    close: async () => await Promise.resolve(),
  };
}

async function* linesOf(path: string, name: string): AsyncGenerator<Line> {
  let number = 0;
  // Parts of a line that goes on over chunks are joined once, when it ends.
  let parts: Buffer[] = [];
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        parts.push(chunk.subarray(from, end));
        yield { bytes: joined(parts), number: ++number };
        parts = [];
        from = end + 1;
      }
      if (from < chunk.length) parts.push(chunk.subarray(from));
    }
  } catch (cause) {
    if (cause instanceof SteadfastError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new SteadfastError('Instance.Invalid', `The data file ${name} cannot be read: ${said}`, { cause });
  }
  if (parts.length > 0) yield { bytes: joined(parts), number: number + 1 };
}

function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

function isBlank(bytes: Buffer): boolean {
  // A long line is no blank one; the check of it would cost as much as parsing.
  return (
    bytes.length < 64 &&
    bytes
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .trim() === ''
  );
}
