import { commonName, namesBoth, plainName, sideName, type Name } from './names.ts';

/** What the header of one file's part says. */
export interface Header {
  /** Every path that it names, the first folder of each side taken off. */
  readonly paths: readonly string[];
  /** Octal modes, as written. */
  readonly modes: readonly string[];
  readonly deleted: boolean;
  /** Why the header is not one that git writes; null when it is. */
  readonly fault: string | null;
}

const MODE = /^(?:old mode|new mode|new file mode|deleted file mode) (.*)$/;

/** Whether a line can stand in the header of a part that begins with `diff --git`. */
export function isHeaderLine(line: string): boolean {
  return /^(?:---|\+\+\+|old mode|new mode|new file mode|deleted file mode|(?:rename|copy) (?:from|to|old|new)|(?:dis)?similarity index|index) /.test(
    line,
  );
}

/** Reads a header: its first line (`diff --git`, or `---` in a plain diff) and those that follow. */
export function readHeader(lines: readonly string[]): Header {
  const first = lines[0] ?? '';
  const sides = { old: sideOf(lines, '--- '), now: sideOf(lines, '+++ ') };
  const moved = {
    old: movedOf(lines, /^(?:rename|copy) (?:from|old) (.*)$/),
    now: movedOf(lines, /^(?:rename|copy) (?:to|new) (.*)$/),
  };
  const common =
    first.startsWith('diff --git ') &&
    [...sides.old, ...sides.now, ...moved.old, ...moved.now].every((name) => name === null)
      ? [commonName(first.slice('diff --git '.length))]
      : [];
  const names = [...sides.old, ...sides.now, ...moved.old, ...moved.now, ...common].filter(
    (name) => name !== null,
  );
  const modes = [
    ...lines.flatMap((line) => MODE.exec(line)?.[1] ?? []),
    ...lines.flatMap((line) => /^index \S+ (\d+)$/.exec(line)?.[1] ?? []),
  ];
  return {
    paths: [...new Set(names.map(({ path }) => path))],
    modes,
    deleted: lines.some((line) => line.startsWith('deleted file mode ')) || sides.now.includes(null),
    fault: names.find(({ fault }) => fault !== null)?.fault ?? disagreement(first, sides, moved),
  };
}

interface Sides {
  /** Null is /dev/null. */
  readonly old: readonly (Name | null)[];
  readonly now: readonly (Name | null)[];
}

function sideOf(lines: readonly string[], start: string): (Name | null)[] {
  return lines.filter((line) => line.startsWith(start)).map((line) => sideName(line.slice(start.length)));
}

function movedOf(lines: readonly string[], pattern: RegExp): Name[] {
  return lines.flatMap((line) => pattern.exec(line)?.[1] ?? []).map(plainName);
}

/** Two places that name different files, so that one reader sees this file and another one that. */
function disagreement(first: string, sides: Sides, moved: Sides): string | null {
  const [olds, news] = [
    [...sides.old, ...moved.old],
    [...sides.now, ...moved.now],
  ].map((names) => new Set(names.map((name) => name?.path ?? null)));
  if (olds === undefined || news === undefined) return null;
  if (sides.old.length !== sides.now.length || moved.old.length !== moved.now.length)
    return 'a header with one side only';
  if (olds.size > 1 || news.size > 1 || sides.old.length > 1 || moved.old.length > 1)
    return 'a header that names one side twice';
  const [old, now] = [[...olds][0] ?? null, [...news][0] ?? null];
  if (sides.old.length > 0 && old === null && now === null) return 'a header that names no file';
  if (moved.old.length === 0 && old !== null && now !== null && old !== now)
    return 'a header that names two files';
  if (!first.startsWith('diff --git ') || (old === null && now === null)) return null;
  return namesBoth(first.slice('diff --git '.length), old ?? now ?? '', now ?? old ?? '')
    ? null
    : 'a first line that names other files than the rest of its header';
}
