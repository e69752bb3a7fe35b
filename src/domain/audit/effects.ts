import { operandsOf, type Executed } from './executed.ts';
import { baseName, resolvedPath } from './paths.ts';

/** A change of a file, as far as the call that makes it tells. */
export interface FileWrite {
  /** Absolute. */
  readonly path: string;
  /** What is written, or the code that writes it; '' where the call does not say. */
  readonly text: string;
  /** What it takes the place of; '' where the call does not say. */
  readonly removed: string;
  /** Whether `text` is all of the file. */
  readonly whole: boolean;
}

/** What a command or a piece of code does to files. */
export interface Effects {
  readonly writes: readonly FileWrite[];
  /** Absolute paths, patterns among them. */
  readonly deletes: readonly string[];
}

const NONE: Effects = { writes: [], deletes: [] };

/** What a command does to files; nothing for one that only reads. */
export function effectsOf(command: Executed): Effects {
  const { name, args, cwd } = command;
  const at = (paths: readonly string[]) => paths.flatMap((path) => resolvedPath(path, cwd) ?? []);
  const redirected = at(command.writes)
    .filter((path) => !path.startsWith('/dev/') || path.startsWith('/dev/shm/'))
    .map((path) => written(path, outputOf(command), true));
  const own = ownEffects(name, args, at, command.stdin);
  return { writes: [...redirected, ...own.writes], deletes: own.deletes };
}

/** What Python code does to files that it names in place. */
export function effectsOfPython(code: string, cwd: string | null): Effects {
  const at = (pattern: RegExp) =>
    [...code.matchAll(pattern)].flatMap(({ groups }) => resolvedPath(groups?.['path'] ?? '', cwd) ?? []);
  return {
    writes: [...at(OPENED), ...at(PATH_WRITTEN)].map((path) => written(path, code)),
    deletes: [...at(REMOVED), ...at(PATH_REMOVED)],
  };
}

const LITERAL = String.raw`[rbu]?(?<quote>['"])(?<path>[^'"\n]{1,300})\k<quote>`;
const OPENED = new RegExp(String.raw`\bopen\(\s*${LITERAL}\s*,\s*(?:mode\s*=\s*)?['"][rb]*[wax+]`, 'g');
const PATH_WRITTEN = new RegExp(String.raw`\bPath\(\s*${LITERAL}\s*\)\s*\.\s*write_(?:text|bytes)\(`, 'g');
const REMOVED = new RegExp(String.raw`\b(?:os\.(?:remove|unlink)|shutil\.rmtree)\(\s*${LITERAL}`, 'g');
const PATH_REMOVED = new RegExp(String.raw`\bPath\(\s*${LITERAL}\s*\)\s*\.\s*unlink\(`, 'g');

function ownEffects(
  name: string,
  args: readonly string[],
  at: (paths: readonly string[]) => string[],
  stdin: string | null,
): Effects {
  switch (name) {
    case 'tee':
      return writing(at(operandsOf(args)), stdin ?? '', stdin !== null && !args.some((arg) => arg === '-a'));
    case 'sed':
    case 'perl':
      return inPlace(args, at);
    case 'cp':
    case 'install':
    case 'ln':
    case 'mv':
      return moved(args, at, name === 'mv');
    case 'rm':
    case 'unlink':
    case 'shred':
      return { writes: [], deletes: at(operandsOf(args)) };
    case 'truncate':
      return writing(at(operandsOf(args, ['-s', '--size', '-r'])), '');
    case 'dd':
      return writing(at(args.flatMap((arg) => /^of=(.+)$/.exec(arg)?.[1] ?? [])), '');
    case 'patch':
      return patched(stdin, at);
    case 'git':
      return ofGit(args, at, stdin);
    case 'find':
      return args.includes('-delete') ? { writes: [], deletes: at(foundBy(args)) } : NONE;
    default:
      return NONE;
  }
}

/** What `find` finds, as patterns; nothing where its conditions are more than names. */
export function foundBy(args: readonly string[]): string[] {
  if (args.some((arg) => /^(?:!|-not|-i?path|-i?regex|-newer|-mtime|-size|-empty)$/.test(arg))) return [];
  const start = args.findIndex((arg) => arg.startsWith('-'));
  const [where = '.'] = args.slice(0, start === -1 ? undefined : start);
  const names = args.filter((_, i) => /^-i?name$/.test(args[i - 1] ?? ''));
  return names.length === 0 ? [where] : names.map((name) => `${where}/**/${name}`);
}

function inPlace(args: readonly string[], at: (paths: readonly string[]) => string[]): Effects {
  if (!args.some((arg) => /^(?:-[nErszupwlae0]*i|--in-place)/.test(arg))) return NONE;
  const given = args.filter((_, i) => /^(?:-[a-zA-Z]*e|--expression|-f|--file)$/.test(args[i - 1] ?? ''));
  const operands = operandsOf(args, ['-e', '-pe', '-ne', '-pie', '--expression', '-f', '--file']);
  const hasOwn = given.length > 0 || args.some((arg) => arg.startsWith('--expression='));
  return writing(at(hasOwn ? operands : operands.slice(1)), [...given, ...operands.slice(0, 1)].join('\n'));
}

function moved(args: readonly string[], at: (paths: readonly string[]) => string[], takes: boolean): Effects {
  const sources = operandsOf(args, ['-t', '-S', '-m', '-o', '-g']);
  const target = sources.pop() ?? '';
  if (sources.length === 0) return NONE;
  // Which of the two it is depends on what stands there; a path that nothing is at is written by nobody.
  const places = [target, ...sources.map((source) => `${target}/${baseName(source)}`)];
  return { ...writing(at(places), ''), deletes: takes ? at(sources) : [] };
}

function ofGit(
  args: readonly string[],
  at: (paths: readonly string[]) => string[],
  stdin: string | null,
): Effects {
  const [command = '', ...rest] = operandsOf(args, ['-C', '-c']);
  if (command === 'rm') return { writes: [], deletes: at(rest) };
  if (command === 'mv') return moved(rest, at, true);
  return command === 'apply' ? patched(stdin, at) : NONE;
}

/** Of a diff that the call itself brings; each file is said to be written as its part of the diff says. */
function patched(diff: string | null, at: (paths: readonly string[]) => string[]): Effects {
  const writes: FileWrite[] = [];
  const deletes: string[] = [];
  for (const part of (diff ?? '').split(/^(?=--- )/m)) {
    const [, from = '', to = ''] = /^--- (\S+).*\n\+\+\+ (\S+)/.exec(part) ?? [];
    const lines = (mark: string) =>
      part
        .split('\n')
        .filter((line) => line.startsWith(mark))
        .map((line) => line.slice(1));
    if (to === '/dev/null') deletes.push(...at([from.replace(/^a\//, '')]));
    for (const path of to === '' || to === '/dev/null' ? [] : at([to.replace(/^b\//, '')])) {
      writes.push({
        path,
        text: lines('+').slice(1).join('\n'),
        removed: lines('-').slice(1).join('\n'),
        whole: false,
      });
    }
  }
  return { writes, deletes };
}

/** What a command prints, where its own words say so. */
function outputOf({ name, args, stdin }: Executed): string {
  if (name === 'cat' || name === 'tee') return stdin ?? '';
  return name === 'echo' || name === 'printf' ? args.join(' ') : '';
}

function writing(paths: readonly string[], text: string, whole = false): Effects {
  return { writes: paths.map((path) => written(path, text, whole)), deletes: [] };
}

function written(path: string, text: string, whole = false): FileWrite {
  return { path, text, removed: '', whole };
}
