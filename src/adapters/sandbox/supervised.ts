import { createHash } from 'node:crypto';
import { SteadfastError } from '../../domain/failures.ts';
import type { Sandbox, SandboxCommand } from '../../ports/sandbox.ts';
import { PLACES } from './guest.ts';

/** One run of the guest's supervisor; `guest/supervise.py` reads it. */
export interface Task {
  /** Names the kept result; null keeps none. */
  readonly call: string | null;
  readonly argv: readonly string[];
  readonly script: string;
  readonly stdin: string | Buffer;
  readonly timeoutMs: number;
  /** Bytes kept of the output's head and of its tail. */
  readonly head: number;
  readonly tail: number;
  /** Bytes taken of what the command writes to its report's pipe; 0 makes no such pipe. */
  readonly report: number;
  /** Whether the command needs a folder that the agent could not fill before. */
  readonly scratch: boolean;
  /** Whether the answer names the state of the agent's file systems after it, and carries the snapshot that it packs. */
  readonly state: 'ignored' | 'named' | 'packed';
}

/** What the supervisor prints. */
export type Answer =
  | {
      readonly exitCode: number | null;
      /** base64. */
      readonly output: string;
      readonly droppedBytes: number;
      readonly timedOut: boolean;
      readonly outOfMemory: boolean;
      readonly durationMs: number;
      /** base64; null where none was asked for, or more came than was asked for; absent in what 0.2 kept. */
      readonly report?: string | null;
      /** Where the task asks for the state; `archiveBytes` where it succeeded in packing it. */
      readonly fingerprint?: string;
      readonly archiveBytes?: number;
      readonly archive?: Buffer;
    }
  | { readonly error: 'gone' }
  /** The detail in base64. */
  | { readonly error: 'failed'; readonly detail: string; readonly errno: number };

/** Runs a task in a sandbox, wherever it is. */
export type Execute = (name: string, task: Task, signal?: AbortSignal) => Promise<Answer>;

const SHELL = ['/bin/bash', '--noprofile', '--norc', '-c'] as const;
const SCRIPTS = {
  shell: `. ${PLACES.guest}/session.sh; eval "$__steadfast_script"; __steadfast_end "$?"`,
  plain: `. ${PLACES.guest}/script.sh; eval "$__steadfast_script"`,
};
/** Becomes the first Python 3 of a sandbox that is not the agent's; images keep it in different places. */
export const PYTHON = [
  '/bin/sh',
  '-c',
  'for p in /usr/bin /usr/local/bin /opt/miniconda3/bin; do [ -x $p/python3 ] && exec $p/python3 -I -S -E "$@"; done; echo no python3 in the image >&2; exit 127',
  'python3',
] as const;
/** The rest of a task that is not a person's command: short, and not kept. */
export const QUIET: Omit<Task, 'argv'> = {
  call: null,
  script: '',
  stdin: '',
  timeoutMs: 30_000,
  head: 4096,
  tail: 0,
  report: 0,
  scratch: false,
  state: 'ignored',
};
const NO_SUCH_FILE = 44;
const PATCH_TOO_LARGE = 3;
const NO_SPACE = 28;

/** The port's ways into an open sandbox, over one that runs tasks. */
export function throughSupervisor(
  execute: Execute,
): Pick<Sandbox, 'run' | 'diff' | 'writeFile' | 'readFile'> {
  const attempt = attempting(execute);
  return {
    async run(name, command, signal) {
      const { bytes, fingerprint, report, ...answer } = await attempt(name, taskOf(command), signal);
      return {
        ...answer,
        output: bytes.toString('utf8'),
        report: typeof report === 'string' ? Buffer.from(report, 'base64').toString('utf8') : null,
        fingerprint: named(name, fingerprint),
      };
    },

    async diff(name, maxBytes) {
      const argv = [...PYTHON, `${PLACES.guest}/diff.py`, `${PLACES.root}/base.git`, PLACES.scratch];
      const answer = await attempt(name, {
        ...QUIET,
        argv: [...argv, String(maxBytes)],
        timeoutMs: 120_000,
        head: Math.max(maxBytes, QUIET.head),
        scratch: true,
      });
      if (answer.exitCode === 0 && answer.droppedBytes === 0) return answer.bytes.toString('utf8');
      if (answer.exitCode === PATCH_TOO_LARGE || answer.exitCode === 0) return null;
      const why = answer.timedOut ? 'it took longer than two minutes' : answer.bytes.toString('utf8');
      throw new SteadfastError(
        'Sandbox.Failed',
        `The changes made in the sandbox of ${name} could not be read: ${why}`,
      );
    },

    async writeFile(name, path, content) {
      const script = 'mkdir -p -- "$(dirname -- "$0")" && cat >"$0"';
      const answer = await attempt(name, { ...QUIET, argv: [...SHELL, script, path], stdin: content });
      if (answer.exitCode !== 0)
        throw new SteadfastError(
          'Sandbox.Failed',
          `Writing ${path} in the sandbox of ${name} failed: ${answer.bytes.toString('utf8')}`,
        );
    },

    async readFile(name, path, maxBytes) {
      const script = `[ -e "$0" ] || exit ${NO_SUCH_FILE}; [ -f "$0" ] || { echo not a regular file; exit 1; }; head -c ${maxBytes} -- "$0"`;
      const head = Math.max(maxBytes, QUIET.head);
      const answer = await attempt(name, { ...QUIET, argv: [...SHELL, script, path], head });
      if (answer.exitCode === NO_SUCH_FILE) return null;
      if (answer.exitCode === 0) return answer.bytes.toString('utf8');
      throw new SteadfastError(
        'Sandbox.Failed',
        `Reading ${path} in the sandbox of ${name} failed: ${answer.bytes.toString('utf8')}`,
      );
    },
  };
}

/** Runs tasks, with their errors typed and their output in bytes. */
export function attempting(execute: Execute) {
  return async (name: string, task: Task, signal?: AbortSignal) => {
    const answer = await execute(name, task, signal);
    if (!('error' in answer)) return { ...answer, bytes: Buffer.from(answer.output, 'base64') };
    if (answer.error === 'gone') throw gone(name);
    const type = answer.errno === NO_SPACE ? 'Sandbox.DiskFull' : 'Sandbox.Failed';
    const why = Buffer.from(answer.detail, 'base64').toString('utf8');
    throw new SteadfastError(type, `The sandbox of ${name} could not run a command: ${why}`);
  };
}

/** What a supervisor printed: JSON, and after a newline the archive that it says it has. Null when cut short. */
export function parseAnswer(stdout: Buffer): Answer | null {
  const end = stdout.indexOf('\n');
  const json = stdout.toString('utf8', 0, end === -1 ? stdout.length : end);
  if (!json.endsWith('}')) return null;
  const answer = JSON.parse(json) as Answer;
  if ('error' in answer || answer.archiveBytes === undefined) return answer;
  const archive = stdout.subarray(end + 1);
  return archive.length === answer.archiveBytes ? { ...answer, archive } : null;
}

/** A fingerprint that was asked for. */
export function named(name: string, fingerprint: string | undefined): string {
  if (fingerprint !== undefined) return fingerprint;
  throw new SteadfastError('Sandbox.Failed', `The sandbox of ${name} did not name its state`);
}

/** The error of a sandbox that is not there (any more). */
export function gone(name: string, cause?: unknown): SteadfastError {
  return new SteadfastError('Sandbox.Gone', `The sandbox of ${name} is gone`, { cause });
}

/** Short and safe everywhere, where names are long and hold slashes. */
export function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 24);
}

function taskOf(command: SandboxCommand): Task {
  const head = Math.floor(command.outputBytes / 2);
  return {
    call: hashOf(command.key),
    argv: [...SHELL, SCRIPTS[command.session], 'bash'],
    script: command.script,
    stdin: command.stdin ?? '',
    timeoutMs: command.timeoutMs,
    head,
    tail: command.outputBytes - head,
    report: command.reportBytes ?? 0,
    scratch: false,
    state: 'named',
  };
}
