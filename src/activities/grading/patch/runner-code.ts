import type { PatchSection } from './sections.ts';

/** Code that reaches for the test runner or asks whether tests run; each is looked for on one added line. */
const MARKS: readonly (readonly [string, RegExp])[] = [
  ['imports the test runner', /^\s*(?:from|import)\s+(?:_pytest|pluggy)\b/],
  ['imports the test runner', /(?:__import__|import_module)\s*\(\s*['"](?:_pytest|pluggy)/],
  ['looks whether pytest is loaded', /['"]_?pytest['"]\s*(?:not\s+)?in\s+(?:sys\s*\.\s*)?modules\b/],
  [
    'takes pytest from the loaded modules',
    /sys\s*\.\s*modules\s*(?:\[|\.\s*get\s*\()\s*['"](?:_?pytest|pluggy|unittest)\b/,
  ],
  ['asks which test runs', /PYTEST_(?:CURRENT_TEST|VERSION|XDIST)/],
  ['replaces a part of unittest', /\bunittest(?:\.\w+)+\s*=[^=]/],
  ['replaces a part of pytest', /\b_?pytest(?:\.\w+)+\s*=[^=]/],
  ['replaces a part of a test runner', /\bsetattr\s*\(\s*(?:_?pytest|unittest|pluggy)\b/],
  ['defines a hook of pytest', /^\s*(?:async\s+)?def\s+pytest_\w+\s*\(/],
  ['reads the variables of its callers', /(?:_getframe|currentframe|\bf_back)\b.*\bf_locals\b/],
  ['replaces the body of a function', /\.__code__\s*=[^=]/],
  ['goes through the names of its callers', /\bf_globals\b.*\.\s*(?:values|items|keys)\s*\(/],
  ['writes to the report', /\bos\s*\.\s*write\s*\(\s*3\b|\/proc\/self\/fd\/3\b/],
  [
    'searches the memory for the runner',
    /gc\s*\.\s*get_(?:objects|referrers)\b.*(?:pytest|[Rr]eport|[Tt]est)/,
  ],
];
const PROGRAM = /\.(?:py|pyx|pyi|pxd|so|cfg|toml|txt|ini)$|^[^.]*$/;
/** Looked at on one line: longer ones are data. */
const LINE = 2000;

/**
 * What a part's added lines have of `MARKS`, or null. A look at the text and no more: it sees who does not hide, and an
 * honest change may have a mark as well.
 */
export function runnerCode(section: PatchSection): string | null {
  if (!section.paths.some((path) => PROGRAM.test(path.slice(path.lastIndexOf('/') + 1)))) return null;
  for (const line of section.added) {
    const short = line.slice(0, LINE);
    const mark = MARKS.find(([, pattern]) => pattern.test(short));
    if (mark !== undefined) return `${mark[0]}: ${short.trim()}`;
  }
  return null;
}
