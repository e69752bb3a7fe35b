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
  --home FOLDER   of the platform that makes it (default: steadfast-learn in the folder for temporary files)
  --ledger PATH   where runs are kept; one that is there is not made again (default: docs/learning.jsonl)
  --table         make no run, write table and pictures of docs/learning.md from the ledger

Interrupted, the same command goes on with the run that it was in.
`;

/** What was asked for. */
export interface LearnOptions {
  readonly arms: readonly Arm[];
  readonly seeds: number;
  readonly rollouts: number;
  readonly config: string;
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
      config: { type: 'string', default: packageFile('examples/run.json') },
      home: { type: 'string', default: join(tmpdir(), 'steadfast-learn') },
      ledger: { type: 'string', default: packageFile('docs/learning.jsonl') },
      table: { type: 'boolean', default: false },
    },
  });
  return {
    arms: values.arms.split(',').map(armNamed),
    seeds: whole('--seeds', values.seeds),
    rollouts: whole('--rollouts', values.rollouts),
    config: values.config,
    home: values.home,
    ledger: values.ledger,
    onlyTable: values.table,
  };
}

/** A file of the package, by its path in it. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${option} is ${JSON.stringify(text)}; expected a whole number from 1`);
}
