import type { BinaryPart } from './binary.ts';
import { isHeaderLine, readHeader, type Header } from './header.ts';

/** The part of a unified diff that is about one file. */
export interface PatchSection extends Header {
  /** Its bytes in the patch. */
  readonly text: string;
  /** Lines that it adds, without their sign. */
  readonly added: readonly string[];
  readonly binary: readonly BinaryPart[];
}

/** A reader's place in the lines of a patch. */
interface Cursor {
  readonly lines: readonly string[];
  at: number;
}

/**
 * Cuts a diff into its files' parts as `git apply` would: hunks are counted, so that no line of one can pass for a
 * header, nor a header for a line. Text that stands between parts is dropped, as git ignores it.
 */
export function patchSections(patch: string): PatchSection[] {
  const cursor: Cursor = { lines: patch.split('\n'), at: 0 };
  // The end of the last line is not a line.
  const count = cursor.lines.length - (patch.endsWith('\n') ? 1 : 0);
  const sections: PatchSection[] = [];
  while (cursor.at < count) {
    if (!startsSection(cursor, count)) {
      cursor.at++;
      continue;
    }
    const start = cursor.at;
    const section = readSection(cursor, count);
    const text = cursor.lines.slice(start, cursor.at).join('\n');
    sections.push({ ...section, text: cursor.at < cursor.lines.length ? `${text}\n` : text });
  }
  return sections;
}

function startsSection({ lines, at }: Cursor, count: number): boolean {
  const line = lines[at] ?? '';
  if (line.startsWith('diff --git ')) return true;
  return line.startsWith('--- ') && at + 1 < count && (lines[at + 1] ?? '').startsWith('+++ ');
}

function readSection(cursor: Cursor, count: number): Omit<PatchSection, 'text'> {
  const { lines } = cursor;
  const start = cursor.at++;
  while (cursor.at < count && isHeaderLine(lines[cursor.at] ?? '')) cursor.at++;
  const header = readHeader(lines.slice(start, cursor.at));
  const added: string[] = [];
  const binary: BinaryPart[] = [];
  let { fault } = header;
  if (lines[cursor.at] === 'GIT binary patch') {
    cursor.at++;
    fault ??= readBinary(cursor, count, binary);
  } else if ((lines[cursor.at] ?? '').startsWith('Binary files ')) {
    cursor.at++;
  }
  while (cursor.at < count && (lines[cursor.at] ?? '').startsWith('@@ -')) {
    const said = readHunk(cursor, count, added);
    fault ??= said;
  }
  // A mail's signature, and the blank lines that some tools leave, belong to nobody else.
  while (cursor.at < count && /^(-- |\d+\.\d+[\d.]*|)$/.test(lines[cursor.at] ?? '')) cursor.at++;
  return { ...header, added, binary, fault };
}

/** Takes in one hunk; what is wrong with it, or null. */
function readHunk(cursor: Cursor, count: number, added: string[]): string | null {
  const { lines } = cursor;
  const head = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(lines[cursor.at++] ?? '');
  if (head === null) return 'a hunk whose head cannot be read';
  let [old, now] = [Number(head[1] ?? 1), Number(head[2] ?? 1)];
  while ((old > 0 || now > 0) && cursor.at < count) {
    const line = lines[cursor.at] ?? '';
    const sign = line === '' ? ' ' : line.charAt(0);
    if (sign === '+') {
      now--;
      added.push(line.slice(1));
    } else if (sign === '-') old--;
    else if (sign === ' ') {
      old--;
      now--;
    } else if (sign !== '\\') break;
    cursor.at++;
  }
  while (cursor.at < count && (lines[cursor.at] ?? '').startsWith('\\')) cursor.at++;
  return old === 0 && now === 0 ? null : 'a hunk whose lines are not as many as its head says';
}

/** Takes in the one or two sides of a binary change; what is wrong with them, or null. */
function readBinary(cursor: Cursor, count: number, binary: BinaryPart[]): string | null {
  const { lines } = cursor;
  for (;;) {
    const head = /^(literal|delta) (\d+)$/.exec(lines[cursor.at] ?? '');
    if (head === null) return binary.length > 0 ? null : 'a binary change whose head cannot be read';
    const start = ++cursor.at;
    while (cursor.at < count && /^[A-Za-z]\S+$/.test(lines[cursor.at] ?? '')) cursor.at++;
    binary.push({
      kind: head[1] === 'delta' ? 'delta' : 'literal',
      declared: Number(head[2]),
      lines: lines.slice(start, cursor.at),
    });
    if (lines[cursor.at] === '') cursor.at++;
  }
}
