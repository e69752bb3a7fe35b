import { stripVTControlCharacters } from 'node:util';

/** Where a command writes: lines for people, one live line on a terminal, and NDJSON on stdout. */
export interface Output {
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** Replaces the live line; nothing where nobody watches. */
  readonly live: (line: string) => void;
  /** A record for a program. */
  readonly data: (record: unknown) => void;
  readonly isLive: boolean;
}

/** The part of a stream that an output needs. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** With `json`, stdout holds records alone and people read stderr. */
export function createOutput(options: {
  readonly json: boolean;
  readonly stdout?: TextStream;
  readonly stderr?: TextStream;
}): Output {
  const stdout = options.stdout ?? process.stdout;
  const people = options.json ? (options.stderr ?? process.stderr) : stdout;
  const isLive = people.isTTY === true;
  let hasLive = false;
  const clear = () => {
    if (hasLive) people.write('\r\u001b[2K');
    hasLive = false;
  };
  return {
    isLive,
    say(line) {
      clear();
      people.write(`${line}\n`);
    },
    live(line) {
      if (!isLive) return;
      clear();
      people.write(cut(line, (people.columns ?? 80) - 1));
      hasLive = true;
    },
    data(record) {
      clear();
      stdout.write(`${JSON.stringify(record)}\n`);
    },
  };
}

function cut(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, Math.max(0, width - 1))}…`;
}
