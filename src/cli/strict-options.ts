import { defineCittyPlugin, type ArgsDef } from 'citty';
import { nearestName } from '../schemas/nearest.ts';
import { UsageError } from './errors.ts';

/** Makes a command refuse what it does not know; citty itself lets it pass. */
export const strictOptions = defineCittyPlugin({
  name: 'strict-options',
  setup(context) {
    checkOptions(context.rawArgs, (context.cmd.args ?? {}) as ArgsDef);
  },
});

/** Throws a UsageError for unknown or doubled options, missing values and arguments too many. */
export function checkOptions(rawArgs: readonly string[], args: ArgsDef): void {
  const positionals = Object.values(args).filter((arg) => arg.type === 'positional').length;
  const seen = new Set<string>();
  let found = 0;
  for (let i = 0; i < rawArgs.length; i++) {
    const token = rawArgs[i] ?? '';
    if (!token.startsWith('-') || token === '-') {
      found++;
      if (found > positionals) throw new UsageError(`unexpected argument ${JSON.stringify(token)}`);
      continue;
    }
    const { name, value, negated } = split(token, args);
    const arg = args[name];
    if (arg === undefined || arg.type === 'positional') throw unknownOption(token, args);
    if (seen.has(name)) throw new UsageError(`--${name} is given twice`);
    seen.add(name);
    if (arg.type === 'boolean') {
      if (value !== null) throw new UsageError(`--${name} takes no value: use --${name} or --no-${name}`);
      continue;
    }
    if (negated) throw unknownOption(token, args);
    if (value === null) {
      const next = rawArgs[i + 1];
      if (next === undefined || next.startsWith('--')) throw new UsageError(`--${name} needs a value`);
      i++;
    }
  }
}

function split(token: string, args: ArgsDef): { name: string; value: string | null; negated: boolean } {
  const end = token.indexOf('=');
  const option = token.slice(0, end === -1 ? undefined : end);
  const value = end === -1 ? null : token.slice(end + 1);
  const name = option.startsWith('--') ? option.slice(2) : '';
  if (name.startsWith('no-') && args[name] === undefined)
    return { name: name.slice(3), value, negated: true };
  return { name, value, negated: false };
}

function unknownOption(token: string, args: ArgsDef): UsageError {
  const option = token.split('=')[0] ?? token;
  const known = Object.entries(args).flatMap(([name, arg]) =>
    arg.type === 'positional' ? [] : arg.type === 'boolean' ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
  const nearest = nearestName(option, known);
  return new UsageError(`unknown option ${option}${nearest === null ? '' : `; did you mean ${nearest}?`}`);
}
