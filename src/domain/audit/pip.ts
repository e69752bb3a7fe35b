import { operandsOf, type Executed } from './executed.ts';

/** A call of pip that may reach for packages. */
export interface PipCall {
  /** Requirements as they were written, those that are paths left out. */
  readonly packages: readonly string[];
  /** Whether it reads them from a file. */
  readonly fromFile: boolean;
}

const VALUED = [
  '-r',
  '--requirement',
  '-c',
  '--constraint',
  '-i',
  '--index-url',
  '-t',
  '--target',
  '-d',
  '--dest',
];

/** What a command asks pip for; null for any other command, and for one that only looks at what is installed. */
export function pipCallOf({ name, args }: Executed): PipCall | null {
  const own = argumentsOfPip(name, args);
  if (own === null) return null;
  const [command, ...operands] = operandsOf(own, VALUED);
  if (command !== 'install' && command !== 'download' && command !== 'wheel' && command !== 'index')
    return null;
  const fromFile = own.some((arg) => /^(?:-r|--requirement)/.test(arg));
  const isOffline = own.includes('--no-index');
  const packages = isOffline ? [] : operands.filter((operand) => !isPath(operand));
  return packages.length === 0 && !(fromFile && !isOffline) ? null : { packages, fromFile };
}

/** The name of the project that a requirement or an address asks for, in PyPI's normal form. */
export function projectOf(requirement: string): string {
  const [bare = ''] = requirement.replace(/[?#].*$/, '').split(/[\s=<>!~;@[]/);
  const last = /[/:]/.test(requirement)
    ? (requirement
        .replace(/\.git.*$/, '')
        .split('/')
        .at(-1) ?? '')
    : bare;
  return last.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

function argumentsOfPip(name: string, args: readonly string[]): readonly string[] | null {
  if (/^pip(?:\d(?:\.\d+)?)?$/.test(name)) return args;
  if (name === 'uv' && args[0] === 'pip') return args.slice(1);
  const module = args.indexOf('-m');
  return name.startsWith('python') && module !== -1 && args[module + 1] === 'pip'
    ? args.slice(module + 2)
    : null;
}

/** `.`, `./dist/x.whl`, `.[dev]`; not an address. */
function isPath(operand: string): boolean {
  return !operand.includes('://') && (/^[./~]/.test(operand) || /\.(?:whl|tar\.gz|zip)$/.test(operand));
}
