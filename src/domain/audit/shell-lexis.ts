/** A here-document whose body is still to come. */
export interface Heredoc {
  readonly delimiter: string;
  /** `<<-` takes leading tabs away. */
  readonly strips: boolean;
  /** Position of its command; null until that has ended. */
  of: number | null;
}

/** Quotes and substitutions inside of one another; what is nested deeper is not told apart. */
const NESTED = 30;

/** `<<EOF`, `<<-'EOF'`, `<< "EOF"`; not `<<<`. */
export const HEREDOC = /^<<(-?)[ \t]*((?:'[^'\n]*'|"[^"\n]*"|\\?[\w.-]+)+)/;

/** Where the parenthesis that opens at a position closes; the text's end where it does not. */
export function closingParenthesis(text: string, open: number, nesting = 0): number {
  if (nesting > NESTED) return text.length;
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const c = text[at];
    if (c === '\\') at++;
    else if (c === "'") at = endOf(text, "'", at + 1);
    else if (c === '"') at = closingQuote(text, at + 1, nesting + 1);
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return at;
  }
  return text.length;
}

/** Where the backticks that were opened before a position close. */
export function closingBacktick(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '`') return at;
  }
  return text.length;
}

/** The text of `$'…'` from behind its opening quote, and where it ends. */
export function ansiText(text: string, from: number): { readonly text: string; readonly end: number } {
  let out = '';
  for (let at = from; at < text.length; at++) {
    const c = text[at] ?? '';
    if (c === "'") return { text: out, end: at + 1 };
    if (c !== '\\') {
      out += c;
      continue;
    }
    const [escape = '', hex, octal] =
      /^\\(?:x([\dA-Fa-f]{1,2})|([0-7]{1,3})|.)/s.exec(text.slice(at, at + 4)) ?? [];
    if (hex !== undefined) out += String.fromCharCode(Number.parseInt(hex, 16));
    else if (octal !== undefined) out += String.fromCharCode(Number.parseInt(octal, 8));
    else out += ESCAPES[escape.slice(1)] ?? escape.slice(1);
    at += Math.max(0, escape.length - 1);
  }
  return { text: out, end: text.length };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\u0007', e: '\u001b' };

function closingQuote(text: string, from: number, nesting: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
    else if (text[at] === '$' && text[at + 1] === '(') at = closingParenthesis(text, at + 1, nesting + 1);
  }
  return text.length;
}

function endOf(text: string, quote: string, from: number): number {
  const end = text.indexOf(quote, from);
  return end === -1 ? text.length : end;
}
