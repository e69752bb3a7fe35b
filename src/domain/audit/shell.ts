import { ansiText, closingBacktick, closingParenthesis, HEREDOC, type Heredoc } from './shell-lexis.ts';

/** One simple command of a script, its quotes taken off; variables stay as they are written. */
export interface ShellCommand {
  /** The command's name first. `(` and `)` alone open and close a subshell. */
  readonly words: readonly string[];
  /** Targets of `>`, `>>`, `>|`, `&>` and `<>`. */
  readonly writes: readonly string[];
  /** Targets of `<`. */
  readonly reads: readonly string[];
  /** A here-document or here-string. */
  readonly stdin: string | null;
}

/** Longer scripts are read to here: an audit of one call stays a matter of milliseconds. */
const LIMIT = 200_000;
/** Here-documents of one line. */
const HEREDOCS = 16;
/** Substitutions inside of substitutions. */
const DEPTH = 6;

/**
 * The simple commands of a bash script in order, those of substitutions before the command that holds them. A reader for
 * the audit, not a shell: it tells commands from quoted text, here-documents and comments, and expands nothing.
 */
export function parseShell(script: string, depth = 0): ShellCommand[] {
  return depth > DEPTH ? [] : new ShellReader(script.slice(0, LIMIT), depth).read();
}

class ShellReader {
  private readonly text: string;
  private readonly depth: number;
  private at = 0;
  private readonly commands: ShellCommand[] = [];
  private words: string[] = [];
  private writes: string[] = [];
  private reads: string[] = [];
  private stdin: string | null = null;
  /** The word being read; null between words. */
  private word: string | null = null;
  /** What the next word is, other than an argument. */
  private next: 'write' | 'read' | 'stdin' | null = null;
  private readonly heredocs: Heredoc[] = [];

  constructor(text: string, depth: number) {
    this.text = text;
    this.depth = depth;
  }

  read(): ShellCommand[] {
    while (this.at < this.text.length) this.step(this.text[this.at] ?? '');
    this.endCommand();
    return this.commands;
  }

  private step(c: string): void {
    if (c === '\n') {
      this.at++;
      this.endCommand();
      this.readHeredocs();
    } else if (c === ' ' || c === '\t' || c === '\r') {
      this.at++;
      this.endWord();
    } else if (c === '#' && this.word === null) {
      const end = this.text.indexOf('\n', this.at);
      this.at = end === -1 ? this.text.length : end;
    } else if (c === '>' || c === '<' || (c === '&' && this.text[this.at + 1] === '>')) this.redirect(c);
    else if (c === ';' || c === '&' || c === '|') {
      this.at++;
      this.endCommand();
    } else if (c === '(' || c === ')') this.parenthesis(c);
    else this.inWord(c);
  }

  private inWord(c: string): void {
    if (c === '\\') {
      const escaped = this.text[this.at + 1] ?? '';
      if (escaped !== '\n') this.add(escaped);
      this.at += 2;
    } else if (c === "'") this.single(this.at + 1);
    else if (c === '"') this.double();
    else if (c === '`') this.add(this.backticks());
    else if (c === '$') this.dollar();
    else {
      this.add(c);
      this.at++;
    }
  }

  private single(from: number): void {
    const end = this.text.indexOf("'", from);
    this.add(this.text.slice(from, end === -1 ? undefined : end));
    this.at = end === -1 ? this.text.length : end + 1;
  }

  private double(): void {
    this.add('');
    this.at++;
    while (this.at < this.text.length && this.text[this.at] !== '"') {
      const c = this.text[this.at] ?? '';
      if (c === '\\') {
        const escaped = this.text[this.at + 1] ?? '';
        if (escaped !== '\n') this.add('"\\$`'.includes(escaped) ? escaped : `\\${escaped}`);
        this.at += 2;
      } else if (c === '`') this.add(this.backticks());
      else if (c === '$' && this.text[this.at + 1] === '(') this.add(this.substitution());
      else {
        this.add(c);
        this.at++;
      }
    }
    this.at++;
  }

  private dollar(): void {
    const following = this.text[this.at + 1];
    if (following === '(') this.add(this.substitution());
    else if (following === "'") {
      const { text, end } = ansiText(this.text, this.at + 2);
      this.add(text);
      this.at = end;
    } else {
      this.add('$');
      this.at++;
    }
  }

  /** `$(…)`: its commands are of the script, its text stays in the word. */
  private substitution(): string {
    const open = this.at + 1;
    const end = closingParenthesis(this.text, open);
    const inner = this.text.slice(open + 1, end);
    // `$((…))` reckons.
    if (!inner.startsWith('(')) this.commands.push(...nested(inner, this.depth));
    this.at = end + 1;
    return `$(${inner})`;
  }

  private backticks(): string {
    const end = closingBacktick(this.text, this.at + 1);
    const inner = this.text.slice(this.at + 1, end).replaceAll('\\`', '`');
    this.commands.push(...nested(inner, this.depth));
    this.at = end + 1;
    return `\`${inner}\``;
  }

  private parenthesis(c: string): void {
    if (c === '(' && this.word?.endsWith('=') === true) {
      this.at = closingParenthesis(this.text, this.at) + 1;
      return;
    }
    // `name()` begins a function, and no subshell.
    const isOwn = c === '(' && this.word === null;
    this.at++;
    this.endCommand();
    if (isOwn || c === ')') this.commands.push(bareWord(c));
  }

  private redirect(c: string): void {
    const [heredoc, dash, delimiter] = HEREDOC.exec(this.text.slice(this.at, this.at + 200)) ?? [];
    if (c === '<' && heredoc !== undefined && delimiter !== undefined) {
      this.endWord();
      const bare = delimiter.replaceAll(/['"\\]/g, '');
      if (this.heredocs.length < HEREDOCS)
        this.heredocs.push({ delimiter: bare, strips: dash === '-', of: null });
      this.at += heredoc.length;
      return;
    }
    // A process substitution.
    if (this.text[this.at + 1] === '(' && c !== '&') {
      this.at++;
      const end = closingParenthesis(this.text, this.at);
      this.commands.push(...nested(this.text.slice(this.at + 1, end), this.depth));
      this.add(`${c}()`);
      this.at = end + 1;
      return;
    }
    // The number of a descriptor before it is no argument.
    if (this.word !== null && /^\d+$/.test(this.word)) this.word = null;
    this.endWord();
    const [operator = c] = /^(?:<<<|&>>|&>|>>|>\||>&|<&|<>|>|<)/.exec(this.text.slice(this.at)) ?? [];
    this.at += operator.length;
    if (operator === '<<<') this.next = 'stdin';
    else if (operator === '<') this.next = 'read';
    else if (!/^[<>]&$/.test(operator) || !/^\s*(?:\d|-)/.test(this.text.slice(this.at))) this.next = 'write';
    else this.at += (/^\s*(?:\d+|-)/.exec(this.text.slice(this.at)) ?? [''])[0].length;
  }

  /** The bodies of the here-documents that the line before has announced. */
  private readHeredocs(): void {
    for (const { delimiter, strips, of } of this.heredocs.splice(0)) {
      const lines: string[] = [];
      while (this.at < this.text.length) {
        const end = this.text.indexOf('\n', this.at);
        const line = this.text.slice(this.at, end === -1 ? undefined : end);
        this.at = end === -1 ? this.text.length : end + 1;
        const bare = strips ? line.replace(/^\t+/, '') : line;
        if (bare === delimiter) break;
        lines.push(bare);
      }
      const command = of === null ? undefined : this.commands[of];
      if (of !== null && command !== undefined)
        this.commands[of] = { ...command, stdin: `${lines.join('\n')}\n` };
    }
  }

  private add(text: string): void {
    this.word = (this.word ?? '') + text;
  }

  private endWord(): void {
    const { word } = this;
    if (word === null) return;
    this.word = null;
    if (this.next === 'write') this.writes.push(word);
    else if (this.next === 'read') this.reads.push(word);
    else if (this.next === 'stdin') this.stdin = word;
    else this.words.push(word);
    this.next = null;
  }

  private endCommand(): void {
    this.endWord();
    this.next = null;
    const { words, writes, reads } = this;
    if (words.length > 0 || writes.length > 0) {
      for (const heredoc of this.heredocs) heredoc.of ??= this.commands.length;
      this.commands.push({ words, writes, reads, stdin: this.stdin });
    }
    [this.words, this.writes, this.reads, this.stdin] = [[], [], [], null];
  }
}

/** What a substitution runs, as a subshell of its own. */
function nested(script: string, depth: number): ShellCommand[] {
  return [bareWord('('), ...parseShell(script, depth + 1), bareWord(')')];
}

function bareWord(word: string): ShellCommand {
  return { words: [word], writes: [], reads: [], stdin: null };
}
