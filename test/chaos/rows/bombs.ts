import type { CommandResult } from '../../../src/ports/sandbox.ts';
import { LIMITS } from '../../integration/sandbox/host.ts';
import { type Deed, hostileRow } from '../support/hostile.ts';
import type { Row } from '../row.ts';

const MEMORY = LIMITS.memoryBytes + LIMITS.diskBytes + (256 << 20);
const anyEnd = () => '';
const atLimit = ({ timedOut }: CommandResult) => (timedOut ? '' : 'it ended before its limit');
const outOfMemory = ({ outOfMemory: ran }: CommandResult) => (ran ? '' : 'nothing says that memory ran out');
const deed = (script: string, wrong: Deed['wrong'] = anyEnd, timeoutMs = 1200): Deed => ({
  script,
  timeoutMs,
  wrong,
});
const python = (...lines: readonly string[]) => `exec python3 -c '${lines.join('\n')}'`;

/** Fills each place that the agent may write to until nothing goes in any more. */
const everywhere = (step: string) =>
  `for d in /tmp ~ /testbed; do mkdir -p $d/fill && cd $d/fill && ${step}; done 2>/dev/null; echo full`;

/** Commands that use up what a machine has: each ends with its command, and harms nobody but itself. */
export const bombRows: readonly Row[] = [
  hostileRow({ name: 'bombs-fork', title: 'fork bomb' }, [
    deed(':(){ :|:& };:; sleep 30', atLimit),
    deed('while :; do sleep 100 & done 2>/dev/null'),
    deed(python('import os', 'while True:', '  try: os.fork()', '  except OSError: pass'), atLimit),
    deed(
      python(
        'import threading, time',
        'while True:',
        '  try: threading.Thread(target=time.sleep, args=(99,)).start()',
        '  except RuntimeError: time.sleep(0.01)',
      ),
      atLimit,
    ),
  ]),
  hostileRow({ name: 'bombs-memory', title: 'memory bomb' }, [
    deed(python(`x = bytearray(${MEMORY})`), outOfMemory, 10_000),
    deed('exec tail /dev/zero', outOfMemory, 10_000),
    deed(
      `for i in 1 2 3 4 5 6 7 8; do python3 -c "x = bytearray(${MEMORY >> 2}); input()" < <(sleep 2) & done; wait`,
      outOfMemory,
      10_000,
    ),
    deed(
      `head -c 1G /dev/zero >/dev/shm/fill; exec python3 -c 'x = bytearray(${MEMORY})'`,
      outOfMemory,
      10_000,
    ),
  ]),
  hostileRow({ name: 'bombs-spin', title: 'spin' }, [
    deed('while :; do :; done', atLimit),
    deed('for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; wait', atLimit),
    deed(python('while True: pow(3, 10**6)'), atLimit),
  ]),
  hostileRow({ name: 'bombs-descriptors', title: 'descriptors' }, [
    deed(python('import os', 'while True: os.dup(1)')),
    deed(python('import os', 'for i in range(20): os.fork()', 'while True: os.pipe()')),
    deed(python('import socket', 'kept = []', 'while True: kept.append(socket.socketpair())')),
    deed(
      python(
        'import os, time',
        'kept = []',
        'try:',
        '  while True: kept.append(os.memfd_create("x"))',
        'except OSError: time.sleep(99)',
      ),
      atLimit,
    ),
  ]),
  hostileRow({ name: 'bombs-inodes', title: 'inodes' }, [
    deed(
      everywhere('for i in $(seq 1 40); do mkdir $i && (cd $i && eval "touch {1..1000}") || break; done'),
      anyEnd,
      10_000,
    ),
    deed(
      everywhere(
        'touch a; for i in $(seq 1 30); do mkdir $i; (cd $i; for j in $(seq 1 300); do ln ../a $j || break; done); done',
      ),
      anyEnd,
      10_000,
    ),
    deed(
      everywhere('n=$(printf "d%.0s" {1..200}); for i in $(seq 1 400); do mkdir $n && cd $n || break; done'),
      anyEnd,
      10_000,
    ),
    deed(everywhere('head -c 1G /dev/zero >big; touch after; ln -s /etc/passwd link'), anyEnd, 10_000),
  ]),
];
