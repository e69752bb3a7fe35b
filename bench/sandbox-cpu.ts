import { readFileSync } from 'node:fs';
import type { Sandbox } from '../src/ports/sandbox.ts';

/** A sandbox adapter whose use is counted. */
export interface Metered {
  readonly sandbox: Sandbox;
  readonly runs: () => number;
  readonly openings: () => number;
  /** User and system seconds of the tests, and of this process. */
  readonly cpuSeconds: () => { readonly tests: number; readonly own: number };
}

/** Ticks a second of /proc/<pid>/stat, which Linux has fixed. */
const TICKS = 100;

/** Tests are no children of ours (nor of this host, in a container), so their shell says what they took. */
const MARK = 'cpu-seconds';
const timed = (script: string): string =>
  // Not in a pipe, where `times` would tell of another shell. Its second line is about what the shell has started.
  `(\n${script}\n); code=$?; echo; echo ${MARK}; times; exit $code`;

/** Counts the runs of tests, the openings and the CPU seconds of a sandbox adapter. */
export function metered(inner: Sandbox): Metered {
  let [runs, openings, tests] = [0, 0, 0];
  const sandbox: Sandbox = {
    ...inner,
    async open(spec, signal) {
      openings++;
      await inner.open(spec, signal);
    },
    async run(name, command, signal) {
      if (!command.key.startsWith('tests')) return await inner.run(name, command, signal);
      runs++;
      const result = await inner.run(name, { ...command, script: timed(command.script) }, signal);
      const [, user = '', system = ''] =
        new RegExp(`^${MARK}\\n.*\\n(\\S+) (\\S+)$`, 'm').exec(result.output) ?? [];
      tests += secondsOf(user) + secondsOf(system);
      return result;
    },
  };
  const startedAt = processSeconds();
  return {
    sandbox,
    runs: () => runs,
    openings: () => openings,
    cpuSeconds: () => ({ tests, own: processSeconds() - startedAt }),
  };
}

/** `0m2.345s`, as bash prints it; 0 where a run was killed before it could. */
function secondsOf(text: string): number {
  const [, minutes = '0', seconds = '0'] = /^(\d+)m([\d.]+)s$/.exec(text) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

/** utime, stime, cutime and cstime of this process. */
function processSeconds(): number {
  const [, fields = ''] = readFileSync('/proc/self/stat', 'utf8').split(') ');
  const ticks = fields.split(' ').slice(11, 15).map(Number);
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS;
}
