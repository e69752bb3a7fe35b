/** The part of a unified diff that is about one file. */
export interface PatchSection {
  readonly text: string;
  /** Every path that the part reads or writes; empty where its header says none. */
  readonly paths: readonly string[];
}

/** Cuts a git diff into its files' parts; whatever stands before the first is dropped. */
export function patchSections(patch: string): PatchSection[] {
  // No line of a hunk or of a binary patch begins with this: hunks begin with ' ', '+', '-' or '\', and base85 has no spaces.
  const starts = [...patch.matchAll(/^diff --git /gm)].map((match) => match.index);
  if (starts.length === 0) return plainSections(patch);
  return starts.map((start, i) => sectionOf(patch.slice(start, starts[i + 1])));
}

/** A diff without git's headers, as other tools write it. */
function plainSections(patch: string): PatchSection[] {
  const starts = [...patch.matchAll(/^--- .*\n\+\+\+ /gm)].map((match) => match.index);
  return starts.map((start, i) => sectionOf(patch.slice(start, starts[i + 1])));
}

function sectionOf(text: string): PatchSection {
  const hunks = text.search(/^(@@|GIT binary patch)/m);
  const header = (hunks === -1 ? text : text.slice(0, hunks)).split('\n');
  const paths = header.flatMap((line) => {
    const sides = /^(?:---|\+\+\+) (.*)$/.exec(line)?.[1];
    if (sides !== undefined) return pathOf(sides, true);
    const moved = /^(?:rename|copy) (?:from|to) (.*)$/.exec(line)?.[1];
    if (moved !== undefined) return pathOf(moved, false);
    return [];
  });
  // Empty, binary and mode-only changes name their file in the first line alone, the same on both sides.
  const named = paths.length > 0 ? paths : bothSides(header[0] ?? '');
  return { text, paths: [...new Set(named)] };
}

function bothSides(line: string): string[] {
  const rest = line.slice('diff --git '.length);
  const quoted = /^("(?:[^"\\]|\\.)*") /.exec(rest)?.[1];
  if (quoted !== undefined) return pathOf(quoted, true);
  const half = rest.slice(0, (rest.length - 1) / 2);
  return pathOf(half, true);
}

function pathOf(written: string, prefixed: boolean): string[] {
  const path = written.startsWith('"') ? unquoted(written) : written.replace(/\t.*$/, '');
  if (path === '/dev/null') return [];
  return [prefixed ? path.replace(/^[^/]*\//, '') : path];
}

/** Undoes git's quoting: C escapes and octal bytes of UTF-8. */
function unquoted(written: string): string {
  const bytes: number[] = [];
  const inner = written.slice(1, written.lastIndexOf('"'));
  for (const [piece] of inner.matchAll(/\\[0-7]{3}|\\.|[^\\]+/gs)) {
    if (/^\\[0-7]{3}$/.test(piece)) bytes.push(Number.parseInt(piece.slice(1), 8));
    else if (piece.startsWith('\\')) bytes.push(...Buffer.from(ESCAPES[piece.slice(1)] ?? piece.slice(1)));
    else bytes.push(...Buffer.from(piece));
  }
  return Buffer.from(bytes).toString('utf8');
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};
