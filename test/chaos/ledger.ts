import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { appendJsonLine, readJsonLines } from '../support/json-lines.ts';
import type { Outcome } from './row.ts';

/** Where tries are kept unless told. */
export const LEDGER = fileURLToPath(new URL('../../docs/reliability.jsonl', import.meta.url));

/** One try, as the ledger has it, a line each. */
export interface Try extends Outcome {
  readonly row: string;
  readonly seed: number;
  readonly commit: string;
  /** ISO time of its end. */
  readonly at: string;
  readonly seconds: number;
}

/** Every `of`-th seed from the `part`-th on. */
interface Shard {
  readonly part: number;
  readonly of: number;
}

/** Reads a ledger; there need be none yet. Throws an Error that names the line which is no try. */
export function readLedger(path: string): readonly Try[] {
  return readJsonLines(path) as readonly Try[];
}

/** Adds a try to a ledger. */
export function appendTry(path: string, made: Try): void {
  appendJsonLine(path, made);
}

/** Whether a try lost, doubled, leaked and broke nothing. */
export function survived({ lost, doubled, leaked, broken }: Outcome): boolean {
  return lost === 0 && doubled === 0 && leaked === 0 && broken === '';
}

/** The seeds of a row, from 1 to as many as are wanted, that this commit has not tried; of a shard only its own. */
export function seedsToTry(
  ledger: readonly Try[],
  of: { readonly row: string; readonly commit: string; readonly tries: number; readonly shard?: Shard },
): readonly number[] {
  const tried = new Set(
    ledger.filter(({ row, commit }) => row === of.row && commit === of.commit).map(({ seed }) => seed),
  );
  const { part, of: parts } = of.shard ?? { part: 1, of: 1 };
  const all = Array.from({ length: of.tries }, (_, i) => i + 1);
  return all.filter((seed) => !tried.has(seed) && (seed - part) % parts === 0);
}

/** What is tried: a commit that changes nothing of it leaves the tries before it as good as they were. */
const TRIED = ['../../src', '../../trainer'] as const;

/** The commit that last changed what is tried, `+` behind it when the tree differs from it. */
export function currentCommit(): string {
  const dirty = git('status', '--porcelain', '--', ...TRIED) !== '';
  return `${git('log', '-1', '--format=%H', '--', ...TRIED).slice(0, 10)}${dirty ? '+' : ''}`;
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
}
