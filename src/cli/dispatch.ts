import { stripVTControlCharacters } from 'node:util';
import { type CommandDef, renderUsage, runCommand } from 'citty';
import { nearestName } from '../schemas/nearest.ts';
import { messageOf, UsageError } from './errors.ts';

/** A command with the options of any type, as citty's own functions take it. */
// oxlint-disable-next-line typescript/no-explicit-any -- citty's types are contravariant in the options
export type AnyCommand = CommandDef<any>;

interface Resolved {
  readonly command: AnyCommand;
  /** As it was called: `steadfast nightly create`. */
  readonly name: string;
  readonly rawArgs: readonly string[];
}

/** Runs the command that the arguments name; answers the exit code: 0, 1, or 2 for usage. */
export async function dispatch(main: AnyCommand, rawArgs: readonly string[]): Promise<number> {
  let name = 'steadfast';
  try {
    const resolved = await resolveCommand(main, rawArgs);
    name = resolved.name;
    if (wantsHelp(resolved.rawArgs) || (await isGroup(resolved.command))) {
      await printHelp(resolved);
      return wantsHelp(resolved.rawArgs) || rawArgs.length === 0 ? 0 : 2;
    }
    await runCommand(resolved.command, { rawArgs: [...resolved.rawArgs] });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const usage = isUsage(error);
    process.stderr.write(`${name}: ${stripVTControlCharacters(messageOf(error))}\n`);
    if (usage) process.stderr.write(`See ${name} --help\n`);
    return usage ? 2 : 1;
  }
}

async function resolveCommand(main: AnyCommand, rawArgs: readonly string[]): Promise<Resolved> {
  let resolved: Resolved = { command: main, name: 'steadfast', rawArgs };
  for (;;) {
    const { command, rawArgs: rest } = resolved;
    const children = (await valueOf(command.subCommands)) as Record<string, unknown> | undefined;
    if (children === undefined) return resolved;
    const [first] = rest;
    const fallback = await valueOf(command.default);
    const named = first !== undefined && !first.startsWith('-');
    if (named && children[first] === undefined && fallback === undefined) {
      const nearest = nearestName(first, Object.keys(children));
      const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
      throw new UsageError(`unknown command ${JSON.stringify(first)}${hint}`);
    }
    if (!named && fallback === undefined) {
      if (first !== undefined && !wantsHelp([first])) throw new UsageError(`unknown option ${first}`);
      return resolved;
    }
    const isChild = named && children[first] !== undefined;
    const child = children[isChild ? first : String(fallback)] as AnyCommand | (() => Promise<AnyCommand>);
    resolved = {
      command: await valueOf(child),
      name: isChild ? `${resolved.name} ${first}` : resolved.name,
      rawArgs: isChild ? rest.slice(1) : rest,
    };
  }
}

async function printHelp({ command, name }: Resolved): Promise<void> {
  const meta = await valueOf(command.meta);
  const usage = await renderUsage({ ...command, meta: { ...meta, name } });
  const lines = usage.split('\n').map((line) => line.trimEnd());
  const text = lines.join('\n');
  process.stdout.write(`${process.stdout.isTTY ? text : stripVTControlCharacters(text)}\n`);
}

async function isGroup(command: AnyCommand): Promise<boolean> {
  return command.run === undefined && (await valueOf(command.subCommands)) !== undefined;
}

function wantsHelp(rawArgs: readonly string[]): boolean {
  const end = rawArgs.indexOf('--');
  const own = end === -1 ? rawArgs : rawArgs.slice(0, end);
  return own.includes('--help') || own.includes('-h');
}

function isUsage(error: unknown): boolean {
  // citty's own error for a missing argument carries this code.
  return error instanceof UsageError || (error instanceof Error && Reflect.get(error, 'code') === 'EARG');
}

async function valueOf<T>(value: T | Promise<T> | (() => T | Promise<T>)): Promise<T> {
  return typeof value === 'function' ? await (value as () => T | Promise<T>)() : await value;
}
