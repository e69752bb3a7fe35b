import { constants, inflateSync } from 'node:zlib';

/** One side of a binary change: what `git apply` inflates. */
export interface BinaryPart {
  readonly kind: 'literal' | 'delta';
  /** Bytes after inflating, as the patch declares them; git refuses data that inflates to another number. */
  readonly declared: number;
  /** Lines of base85, each with its length before it. */
  readonly lines: readonly string[];
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';
const DIGITS: ReadonlyMap<string, number> = new Map(Array.from(ALPHABET, (letter, i) => [letter, i]));
/** Of an inflated delta: its two sizes stand in its first bytes. */
const SIZES_BYTES = 32;

/** Bytes that a part makes git hold, at most: a small delta may copy its source a thousand times. Infinity when unreadable. */
export function inflatedBytes(part: BinaryPart): number {
  if (part.kind === 'literal') return part.declared;
  try {
    const start = inflateSync(decoded(part.lines), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: Math.min(Math.max(part.declared, 1), 2 ** 26),
    }).subarray(0, SIZES_BYTES);
    const source = varint(start, 0);
    return Math.max(part.declared, source.value, varint(start, source.end).value);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Git's base85: a letter with the line's length in bytes, then five letters for each four bytes. */
function decoded(lines: readonly string[]): Buffer {
  return Buffer.concat(
    lines.map((line) => {
      const code = line.charCodeAt(0);
      const length = code <= 90 ? code - 64 : code - 70;
      const bytes = Buffer.alloc(Math.floor((line.length - 1) / 5) * 4);
      for (let at = 1, to = 0; to < bytes.length; at += 5, to += 4) {
        let word = 0;
        for (const letter of line.slice(at, at + 5)) word = word * 85 + (DIGITS.get(letter) ?? Number.NaN);
        bytes.writeUInt32BE(word, to);
      }
      return bytes.subarray(0, length);
    }),
  );
}

/** A number of a delta's head: seven bits a byte, the least first. */
function varint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let end = start; end < bytes.length; end++) {
    const byte = bytes[end] ?? 0;
    value += (byte & 127) * 2 ** (7 * (end - start));
    if (byte < 128) return { value, end: end + 1 };
  }
  throw new RangeError('a delta without sizes');
}
