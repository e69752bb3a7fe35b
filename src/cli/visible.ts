/**
 * Text that a model or a sandbox wrote, as a terminal may show it: control characters stand there by their code, newlines
 * and tabs apart, and so do those that turn the direction of text. A tool's output must not steer the reader's terminal.
 */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (letter) =>
    letter === '\n' || letter === '\t'
      ? letter
      : `\\x${(letter.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
}
