import { parseArgs } from 'node:util';
import { LEDGER } from './ledger.ts';
import type { Row } from './row.ts';

/** What the suite was asked for. */
export interface ChaosOptions {
  readonly rows: readonly Row[];
  /** One seed to be tried again and told of; null goes on where the ledger stops. */
  readonly seed: number | null;
  /** Tries of each row; null for as many as its line of the table wants. */
  readonly tries: number | null;
  /** After which no try begins; null for no end. */
  readonly minutes: number | null;
  readonly ledger: string;
  /** The part of the seeds that this process tries, where several share the work: every `of`-th from the `part`-th on. */
  readonly shard: { readonly part: number; readonly of: number };
  readonly action: 'try' | 'table' | 'list';
}

export const USAGE = `npm run chaos -- [options]

  --faults a,b    rows to try (default: all); --list names them
  --seed N        try this seed again and say what happened; nothing is written
  --tries N       tries of each row, those of the ledger included (default: what the table wants)
  --minutes M     begin no try after M minutes
  --shard K/N     try the K-th of N parts of the seeds, for N processes at once
  --ledger PATH   where tries are kept (default: docs/reliability.jsonl)
  --table         write the table of docs/reliability.md from the ledger
  --list          name the rows
`;

/** Reads the command line; throws an Error that names option, value and what was expected. */
export function readOptions(args: readonly string[], known: readonly Row[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      faults: { type: 'string' },
      seed: { type: 'string' },
      tries: { type: 'string' },
      minutes: { type: 'string' },
      shard: { type: 'string', default: '1/1' },
      ledger: { type: 'string', default: LEDGER },
      table: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  return {
    rows: values.faults === undefined ? known : values.faults.split(',').map((name) => rowNamed(name, known)),
    seed: whole('--seed', values.seed, 0),
    tries: whole('--tries', values.tries, 1),
    minutes: whole('--minutes', values.minutes, 1),
    ledger: values.ledger,
    shard: shardOf(values.shard),
    action: values.table ? 'table' : values.list ? 'list' : 'try',
  };
}

function shardOf(text: string): ChaosOptions['shard'] {
  const [, part, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (part === undefined || of === undefined || part < 1 || part > of) {
    throw new Error(`--shard is ${JSON.stringify(text)}; expected K/N with K from 1 to N, as 2/3`);
  }
  return { part, of };
}

function rowNamed(name: string, known: readonly Row[]): Row {
  const row = known.find((one) => one.name === name);
  if (row !== undefined) return row;
  const names = known.map((one) => one.name).join(', ');
  throw new Error(`--faults names ${JSON.stringify(name)}; expected some of ${names}`);
}

function whole(option: string, text: string | undefined, least: number): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least) {
    throw new Error(`${option} is ${JSON.stringify(text)}; expected a whole number from ${least}`);
  }
  return value;
}
