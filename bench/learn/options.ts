import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Arm, armNamed } from './arms.ts';

export const USAGE = `npm run learn -- [options]

  --arms a,b      ways of training (default: rewards,shuffled; there are tinker, which wants a server at TINKER_BASE_URL,
                  and small-batches, staleness-4 and staleness-4-uncorrected)
  --seeds N       seeds 0 to N-1 of each (default: 5)
  --rollouts N    rollouts of each instance in an evaluation (default: 4)
  --config FILE   the run that is made (default: examples/run.json)
  --model M       in place of the config's
  --home FOLDER   of the platform that makes it (default: steadfast-learn in the folder for temporary files)
  --ledger PATH   where runs are kept, a .jsonl; one that is there is not made again. Tables and pictures stand beside it
                  (default: docs/learning.jsonl, which is of examples/run.json as it is)
  --table         make no run, write tables and pictures from the ledger

Interrupted, the same command goes on with the run that it was in.
`;

/** What was asked for. */
export interface LearnOptions {
  readonly arms: readonly Arm[];
  readonly seeds: number;
  readonly rollouts: number;
  readonly config: string;
  /** null is the config's own. */
  readonly model: string | null;
  readonly home: string;
  readonly ledger: string;
  readonly onlyTable: boolean;
}

/** Reads the command line; throws an Error that names option, value and what was expected. */
export function readOptions(args: readonly string[]): LearnOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      arms: { type: 'string', default: 'rewards,shuffled' },
      seeds: { type: 'string', default: '5' },
      rollouts: { type: 'string', default: '4' },
      config: { type: 'string' },
      model: { type: 'string' },
      home: { type: 'string', default: join(tmpdir(), 'steadfast-learn') },
      ledger: { type: 'string' },
      table: { type: 'boolean', default: false },
    },
  });
  return {
    arms: values.arms.split(',').map(armNamed),
    seeds: whole('--seeds', values.seeds),
    rollouts: whole('--rollouts', values.rollouts),
    config: values.config ?? packageFile('examples/run.json'),
    model: values.model ?? null,
    home: values.home,
    ledger: ledgerOf(values),
    onlyTable: values.table,
  };
}

/** A file of the package, by its path in it. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** Runs of another config or model are kept apart from those that docs/learning.md tells of. */
function ledgerOf(given: {
  readonly config?: string;
  readonly model?: string;
  readonly ledger?: string;
}): string {
  const { ledger } = given;
  if (ledger !== undefined) {
    if (ledger.endsWith('.jsonl')) return ledger;
    throw new Error(`--ledger is ${JSON.stringify(ledger)}; expected a file whose name ends with .jsonl`);
  }
  for (const option of ['config', 'model'] as const) {
    if (given[option] !== undefined)
      throw new Error(
        `--${option} is given and --ledger is not; expected a .jsonl file of its own for these runs`,
      );
  }
  return packageFile('docs/learning.jsonl');
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${option} is ${JSON.stringify(text)}; expected a whole number from 1`);
}
