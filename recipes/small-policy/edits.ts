/** A replacement of text in one file, as str_replace_editor makes it. */
export interface Edit {
  readonly path: string;
  readonly oldText: string;
  readonly newText: string;
}

/** Where a bug is and what mends it, read from a patch of one hunk. */
export interface Repair {
  readonly path: string;
  /** First and last line of the buggy text, from 1. */
  readonly lines: { readonly from: number; readonly to: number };
  readonly right: Edit;
  /** Few, so that their gradings repeat: one changes nothing that a test sees, one breaks the place. */
  readonly wrong: readonly Edit[];
}

/**
 * Reads a SWE-smith bug patch of one hunk (the `+` side is the bug) against the buggy file's text. The edit takes as
 * many lines of context as it needs for its old text to occur once.
 */
export function repairOf(bugPatch: string, readFile: (path: string) => string): Repair {
  const lines = bugPatch.split('\n');
  const path = (lines.find((line) => line.startsWith('+++ b/')) ?? '').slice('+++ b/'.length);
  const start = lines.findIndex((line) => line.startsWith('@@'));
  const header = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(lines[start] ?? '');
  if (path === '' || header === null || lines.slice(start + 1).some((line) => line.startsWith('@@'))) {
    throw new Error(
      `expected a patch of one file and one hunk, found ${JSON.stringify(bugPatch.slice(0, 80))}`,
    );
  }
  const hunk = lines.slice(start + 1).filter((line) => /^[ +-]/.test(line));
  const first = hunk.findIndex((line) => !line.startsWith(' '));
  const last = hunk.findLastIndex((line) => !line.startsWith(' '));
  const text = readFile(path);
  for (let context = 0; context <= hunk.length; context++) {
    // Context before a change says most about where it is; context after comes second.
    const part = hunk.slice(Math.max(0, first - Math.ceil(context / 2)), last + 1 + Math.floor(context / 2));
    const buggy = side(part, '+');
    const fixed = side(part, '-');
    if (buggy.length === 0 || occurrences(text, `${buggy.join('\n')}\n`) !== 1) continue;
    const before = hunk.slice(0, Math.max(0, first - Math.ceil(context / 2)));
    const from = Number(header[1]) + side(before, '+').length;
    return {
      path,
      lines: { from, to: from + buggy.length - 1 },
      right: edit(path, buggy, fixed),
      wrong: wrongEdits(path, buggy),
    };
  }
  throw new Error(`the buggy text of ${path} occurs more than once, whatever its context`);
}

function side(hunk: readonly string[], sign: '+' | '-'): string[] {
  return hunk.filter((line) => line.startsWith(' ') || line.startsWith(sign)).map((line) => line.slice(1));
}

/** Whole lines on both sides, so that a removed line leaves no empty one behind. */
function edit(path: string, old: readonly string[], next: readonly string[]): Edit {
  return { path, oldText: textOf(old), newText: textOf(next) };
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function wrongEdits(path: string, buggy: readonly string[]): Edit[] {
  const indent = /^\s*/.exec(buggy.at(-1) ?? '')?.[0] ?? '';
  return [edit(path, buggy, [...buggy, `${indent}# checked`]), edit(path, buggy, [`${indent}pass`])];
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
