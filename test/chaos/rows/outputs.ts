import type { CommandResult } from '../../../src/ports/sandbox.ts';
import { type Deed, hostileRow } from '../support/hostile.ts';
import type { Row } from '../row.ts';

const atLimit = ({ timedOut }: CommandResult) => (timedOut ? '' : 'it ended before its limit');
const cleanly = ({ exitCode }: CommandResult) => (exitCode === 0 ? '' : 'it did not end well');
/** Ends well long before its limit, whatever it left behind. */
const atOnce = (result: CommandResult) => (result.durationMs > 5000 ? 'it was held up' : cleanly(result));
const dropped = (bytes: number) => (result: CommandResult) =>
  result.droppedBytes + 20_000 === bytes ? cleanly(result) : `it dropped ${result.droppedBytes} bytes`;
const deed = (script: string, wrong: Deed['wrong'], timeoutMs = 15_000): Deed => ({
  script,
  timeoutMs,
  wrong,
});
const stubborn = "trap '' TERM HUP INT; while :; do sleep 1; done";
/** A daemon as the books have it. */
const daemon =
  'import os, time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\ntime.sleep(300)';

/** Tools that print without measure or do not end when they should. */
export const outputRows: readonly Row[] = [
  hostileRow({ name: 'outputs-endless', title: 'endless output' }, [
    deed('exec yes', atLimit, 1000),
    deed('exec cat /dev/zero >&2', atLimit, 1000),
    deed('yes & yes >&2 & wait', atLimit, 1000),
    deed('while :; do printf .; sleep 0.01; done', atLimit, 1000),
  ]),
  hostileRow({ name: 'outputs-gigabyte', title: '1 GB output' }, [
    deed('exec head -c 1G /dev/zero', dropped(2 ** 30), 60_000),
    deed("yes 'a line of text' | head -c 1G >&2", dropped(2 ** 30), 60_000),
  ]),
  hostileRow({ name: 'outputs-binary', title: 'binary output' }, [
    deed('exec head -c 300000 /dev/urandom', dropped(300_000)),
    deed("printf '\\377\\376\\000\\355\\240\\200%.0s' {1..9000}", dropped(54_000)),
    deed("exec python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 1000)'", dropped(256_000)),
  ]),
  hostileRow({ name: 'outputs-no-newline', title: 'no-newline output' }, [
    deed('exec python3 -c \'print("x" * 10**7, end="")\'', dropped(10 ** 7)),
    deed("printf 'ü%.0s' {1..100000}", dropped(200_000)),
    deed("printf '\\r%s' {1..100000}", dropped(588_895)),
  ]),
  hostileRow({ name: 'outputs-ignores-sigterm', title: 'a tool that ignores SIGTERM' }, [
    deed(stubborn, atLimit, 1000),
    deed(`(${stubborn}) & (${stubborn}) & wait`, atLimit, 1000),
    deed(
      "exec python3 -c 'import signal, time\nfor n in range(1, 65):\n  try: signal.signal(n, signal.SIG_IGN)\n  except (OSError, ValueError): pass\ntime.sleep(99)'",
      atLimit,
      1000,
    ),
  ]),
  hostileRow({ name: 'outputs-forks-twice', title: 'a tool that forks twice' }, [
    deed(`python3 -c '${daemon}'; echo started`, atOnce),
    deed('( ( sleep 300 & ) & ); echo started', atOnce),
    deed(`python3 -c '${daemon}' </dev/null >/dev/null 2>&1; echo started`, atOnce),
  ]),
  hostileRow({ name: 'outputs-setsid', title: 'a tool that calls setsid' }, [
    deed(`setsid bash -c "${stubborn}" & echo started`, atOnce),
    deed('setsid setsid nohup sleep 300 >/dev/null 2>&1 & disown; echo started', atOnce),
  ]),
  hostileRow({ name: 'outputs-holds-stdout', title: 'a tool that holds stdout' }, [
    deed('sleep 300 & echo started', atOnce),
    deed('exec 9>&1; (sleep 300 >&9 2>&9 & ); exec 9>&-; echo started', atOnce),
    deed('while :; do echo tick; sleep 0.1; done & sleep 0.5; echo started', atOnce),
  ]),
];
