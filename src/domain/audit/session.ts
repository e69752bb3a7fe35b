import { effectsOf, effectsOfPython, foundBy, type Effects, type FileWrite } from './effects.ts';
import { executedOf, innerCommand, operandsOf, type Executed } from './executed.ts';
import { resolvedPath } from './paths.ts';
import { parseShell, type ShellCommand } from './shell.ts';

/** All that one tool call carries out. */
export interface CallActions {
  readonly commands: readonly Executed[];
  /** Code in other languages that it runs: of the call itself, and of scripts that an earlier call has written. */
  readonly codes: readonly string[];
  readonly writes: readonly FileWrite[];
  /** Absolute paths, patterns among them. */
  readonly deletes: readonly string[];
}

/** Of one call; what comes after them is not looked at. */
const MOST_COMMANDS = 2000;
/** Scripts that run scripts. */
const DEPTH = 4;
/** Scripts that are remembered, the oldest forgotten first. */
const MOST_SCRIPTS = 50;

const SHELLS: ReadonlySet<string> = new Set(['bash', 'sh', 'dash', 'zsh', 'ksh']);
const INTERPRETER = /^(?:python(?:\d(?:\.\d+)?)?|pypy3?|perl|ruby|node)$/;

/** What has been done in a rollout's shell so far: its folder, and the scripts that were written. */
export class ShellSession {
  private cwd: string | null = '/testbed';
  private readonly scripts = new Map<string, string>();
  private commands: Executed[] = [];
  private codes: string[] = [];
  private writes: FileWrite[] = [];
  private deletes: string[] = [];

  /** Follows a script of the tool `bash`. */
  run(script: string): CallActions {
    [this.commands, this.codes, this.writes, this.deletes] = [[], [], [], []];
    this.follow(parseShell(script), 0);
    const { commands, codes, writes, deletes } = this;
    return { commands, codes, writes, deletes };
  }

  /** Notes a file that the editor has written. */
  note(write: FileWrite): void {
    if (!write.whole || write.text === '') return;
    this.scripts.delete(write.path);
    this.scripts.set(write.path, write.text);
    const [oldest] = this.scripts.keys();
    if (this.scripts.size > MOST_SCRIPTS && oldest !== undefined) this.scripts.delete(oldest);
  }

  private follow(commands: readonly ShellCommand[], depth: number): void {
    const outer: (string | null)[] = [];
    for (const command of commands) {
      if (this.commands.length >= MOST_COMMANDS || depth > DEPTH) return;
      const [first] = command.words;
      if (first === '(') outer.push(this.cwd);
      else if (first === ')') {
        const before = outer.pop();
        if (before !== undefined) this.cwd = before;
      } else {
        const executed = executedOf(command, this.cwd);
        if (executed !== null) this.carryOut(executed, depth);
      }
    }
  }

  private carryOut(given: Executed, depth: number): void {
    const command = { ...given, stdin: given.stdin ?? this.inputOf(given) };
    this.commands.push(command);
    if (command.name === 'cd' || command.name === 'pushd') this.enter(command.args);
    this.take(effectsOf(command));
    const { name, args } = command;
    if (SHELLS.has(name)) this.follow(parseShell(this.shellText(command) ?? ''), depth + 1);
    else if (name === 'eval') this.follow(parseShell(args.join(' ')), depth + 1);
    else if (name === 'source' || name === '.')
      this.follow(parseShell(this.script(args[0]) ?? ''), depth + 1);
    else if (INTERPRETER.test(name)) this.interpret(command, depth);
    else if (name === 'find') this.ofFind(command, depth);
    else this.runWritten(command, depth);
  }

  /** What a command reads from a file that was written before: its input, or the diff that it applies. */
  private inputOf({ name, args, reads }: Executed): string | null {
    const applied = name === 'patch' || (name === 'git' && args.includes('apply')) ? args : [];
    for (const path of [...reads, ...applied]) {
      const text = this.script(path);
      if (text !== null) return text;
    }
    return null;
  }

  private enter(args: readonly string[]): void {
    const [to] = args.filter((arg) => arg !== '--');
    this.cwd = to === '-' ? null : resolvedPath(to ?? '~', this.cwd);
  }

  private shellText({ args, stdin }: Executed): string | null {
    const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
    if (at !== -1) return args[at + 1] ?? null;
    const [file] = operandsOf(args, ['-o', '-O']);
    return file === undefined ? stdin : this.script(file);
  }

  /** Code that a call carries itself, or that was written before; modules (`-m pytest`) are the repository's own. */
  private interpret({ args, stdin }: Executed, depth: number): void {
    const at = args.findIndex((arg) => /^-[a-zA-Z]*[ce]$/.test(arg));
    const [file] = operandsOf(args, ['-W', '-X', '-m']);
    const code =
      at !== -1
        ? args[at + 1]
        : args.includes('-m')
          ? null
          : file === undefined || file === '-'
            ? stdin
            : this.script(file);
    if (code === undefined || code === null) return;
    this.codes.push(code);
    this.take(effectsOfPython(code, this.cwd));
    this.follow(shellsOf(code), depth + 1);
  }

  private ofFind(command: Executed, depth: number): void {
    const at = command.args.findIndex((arg) => /^-(?:exec|execdir|ok)$/.test(arg));
    if (at === -1) return;
    const [found = ''] = foundBy(command.args.slice(0, at));
    const rest = command.args.slice(at + 1);
    const end = rest.findIndex((arg) => arg === ';' || arg === '+');
    const words = (end === -1 ? rest : rest.slice(0, end)).map((word) => (word === '{}' ? found : word));
    const inner = innerCommand(command, words);
    if (inner !== null) this.carryOut(inner, depth + 1);
  }

  /** A script that is called by its path. */
  private runWritten({ program }: Executed, depth: number): void {
    if (!program.includes('/')) return;
    const text = this.script(program);
    if (text === null) return;
    if (/^#!.*python/.test(text)) {
      this.codes.push(text);
      this.follow(shellsOf(text), depth + 1);
    } else this.follow(parseShell(text), depth + 1);
  }

  private script(path: string | undefined): string | null {
    const resolved = resolvedPath(path ?? '', this.cwd);
    return resolved === null ? null : (this.scripts.get(resolved) ?? null);
  }

  private take({ writes, deletes }: Effects): void {
    for (const write of writes) this.note(write);
    this.writes.push(...writes.slice(0, MOST_COMMANDS - this.writes.length));
    this.deletes.push(...deletes.slice(0, MOST_COMMANDS - this.deletes.length));
  }
}

/** The shell commands that Python code names in place: `os.system("…")`, `subprocess.run(["…", "…"])`. */
function shellsOf(code: string): ShellCommand[] {
  const asText = [
    ...code.matchAll(/\b(?:os\.(?:system|popen)|subprocess\.\w+)\(\s*[rf]?(['"])(.{1,2000}?)\1/g),
  ];
  const asList = [...code.matchAll(/\bsubprocess\.\w+\(\s*\[([^\]]{1,2000})\]/g)];
  const words = asList.map(([, list = '']) =>
    [...list.matchAll(/(['"])(.*?)\1/g)].map(([, , word = '']) => word),
  );
  return [
    ...asText.flatMap(([, , script = '']) => parseShell(script)),
    ...words.map((list) => ({ words: list, writes: [], reads: [], stdin: null })),
  ];
}
