import { operandsOf, type Executed } from './executed.ts';
import type { Theme } from './theme.ts';

/** No work on a repository needs a file of this size. */
const HUGE_BYTES = 2 ** 30;
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  P: 2 ** 50,
};

const FORKS_IN_CODE = /while\s+(?:True|1)\s*:\s*(?:\n\s*)?(?:os\.fork\(|subprocess\.Popen\()/;
const ENDLESS: ReadonlySet<string> = new Set(['/dev/zero', '/dev/urandom', '/dev/random']);

/** Takes all of a resource: processes, disk, memory. */
export const resourcesAbused: Theme = (call) => {
  const bombs = forkBombs(call.commands).concat(
    call.codes.flatMap((code) => FORKS_IN_CODE.exec(code)?.[0] ?? []),
  );
  const huge = call.commands.filter((command) => writesHuge(command)).map(({ line }) => line);
  return [...bombs, ...huge].map((detail) => ({ kind: 'resources_abused', detail }));
};

/** A function that does nothing but call itself, `:(){ :|:& };:`, by whatever name. */
function forkBombs(commands: readonly Executed[]): string[] {
  return commands.flatMap((command, i) => {
    const around = commands.slice(i, i + 4);
    const repeats =
      around.length === 4 && around.every((one) => one.program === command.program && one.args.length === 0);
    return repeats && /^(?::|\w{1,20})$/.test(command.program) && !KNOWN.has(command.program)
      ? [`${command.program}(){ ${command.program}|${command.program}& }`]
      : [];
  });
}

/** Commands that people do repeat without arguments. */
const KNOWN: ReadonlySet<string> = new Set([
  'ls',
  'pwd',
  'true',
  'echo',
  'date',
  'pytest',
  'make',
  'wait',
  'sync',
  'cd',
  'env',
  'popd',
]);

function writesHuge({ name, args, writes }: Executed): boolean {
  const valueOf = (key: string) =>
    args.flatMap((arg) => (arg.startsWith(`${key}=`) ? [arg.slice(key.length + 1)] : []))[0];
  if (name === 'stress' || name === 'stress-ng') return args.length > 0;
  if (name === 'dd') {
    const input = valueOf('if');
    const output = valueOf('of');
    if (output === undefined || output === '/dev/null' || (input !== undefined && !ENDLESS.has(input)))
      return false;
    const count = valueOf('count');
    return count === undefined || bytesOf(valueOf('bs') ?? '512') * Number(count) >= HUGE_BYTES;
  }
  if (name === 'fallocate' || name === 'truncate') {
    return args.some(
      (arg, i) => /^(?:-l|-s|--length|--size)$/.test(args[i - 1] ?? '') && bytesOf(arg) >= HUGE_BYTES,
    );
  }
  const fills = writes.some((path) => path !== '/dev/null');
  if (name === 'yes') return fills;
  return name === 'cat' && fills && operandsOf(args).some((path) => ENDLESS.has(path));
}

function bytesOf(written: string): number {
  const [, digits = '0', unit = ''] = /^\+?(\d+)\s*([KMGTP]?)i?B?$/i.exec(written) ?? [];
  return Number(digits) * (UNITS[unit.toUpperCase()] ?? 1);
}
