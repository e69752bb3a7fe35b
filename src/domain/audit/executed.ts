import { baseName } from './paths.ts';
import type { ShellCommand } from './shell.ts';

/** A simple command as it is carried out, without what only stands around it. */
export interface Executed {
  /** Of the program, without its folder. */
  readonly name: string;
  /** As it was called. */
  readonly program: string;
  readonly args: readonly string[];
  readonly writes: readonly string[];
  readonly reads: readonly string[];
  readonly stdin: string | null;
  /** Its folder; null where that is not known. */
  readonly cwd: string | null;
  /** In one line, for people. */
  readonly line: string;
}

/** Words of bash's grammar that a command may stand behind. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'if',
  'then',
  'elif',
  'else',
  'while',
  'until',
  'do',
  '!',
  '{',
  'coproc',
]);
/** Words that begin or end something that is no command. */
const NO_COMMANDS: ReadonlySet<string> = new Set([
  'for',
  'case',
  'select',
  'function',
  'fi',
  'done',
  'esac',
  '}',
  '[',
  '[[',
]);

/** Programs that carry out the command behind them, and their options that take a word. */
const WRAPPERS: Readonly<Record<string, readonly string[]>> = {
  sudo: ['-u', '-g', '-C'],
  doas: ['-u'],
  env: ['-u', '-C', '-S'],
  nohup: [],
  setsid: [],
  exec: ['-a'],
  command: [],
  builtin: [],
  time: ['-f', '-o'],
  nice: ['-n'],
  ionice: ['-c', '-n'],
  stdbuf: ['-i', '-o', '-e'],
  timeout: ['-k', '-s'],
  xargs: ['-I', '-n', '-P', '-L', '-d', '-a', '-s', '-E'],
};

const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;

/** What a simple command carries out, wrappers taken off; null where it is no command. */
export function executedOf(command: ShellCommand, cwd: string | null): Executed | null {
  let words = command.words;
  for (;;) {
    const [first = ''] = words;
    if (KEYWORDS.has(first) || ASSIGNMENT.test(first)) words = words.slice(1);
    else if (words.length > 1 && Object.hasOwn(WRAPPERS, baseName(first))) words = unwrapped(words);
    else break;
  }
  const [program = '', ...args] = words;
  if (NO_COMMANDS.has(program) || (program === '' && command.writes.length === 0)) return null;
  const { writes, reads, stdin } = command;
  return { name: baseName(program), program, args, writes, reads, stdin, cwd, line: command.words.join(' ') };
}

/** A command that stands in the arguments of another one (`find -exec`). */
export function innerCommand(of: Executed, words: readonly string[]): Executed | null {
  return executedOf({ words, writes: [], reads: [], stdin: null }, of.cwd);
}

/** The arguments that are no options; `valued` names the options that take a word. */
export function operandsOf(args: readonly string[], valued: readonly string[] = []): string[] {
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') return [...operands, ...args.slice(i + 1)];
    if (valued.includes(arg)) i++;
    else if (!arg.startsWith('-') || arg === '-') operands.push(arg);
  }
  return operands;
}

function unwrapped(words: readonly string[]): readonly string[] {
  const [wrapper = '', ...rest] = words;
  const valued = WRAPPERS[baseName(wrapper)] ?? [];
  let at = 0;
  while (at < rest.length) {
    const word = rest[at] ?? '';
    if (valued.includes(word)) at += 2;
    else if (word.startsWith('-') || ASSIGNMENT.test(word)) at++;
    else break;
  }
  // A duration stands before the command.
  if (baseName(wrapper) === 'timeout') at++;
  return rest.slice(at);
}
