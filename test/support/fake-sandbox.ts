import { SteadfastError } from '../../src/domain/failures.ts';
import type { CommandResult, Sandbox, SandboxCommand } from '../../src/ports/sandbox.ts';

export interface FakeSandbox extends Sandbox {
  /** Names that are open. */
  readonly opened: Set<string>;
  readonly commands: { readonly name: string; readonly command: SandboxCommand }[];
  /** What was restored, in order. */
  readonly restored: { readonly name: string; readonly archive: Buffer }[];
}

/** A sandbox without processes: `answer` says what came of a command. */
export function fakeSandbox(
  answer: (
    command: SandboxCommand,
    signal?: AbortSignal,
  ) => Partial<CommandResult> | Promise<Partial<CommandResult>> = () => ({}),
): FakeSandbox {
  const opened = new Set<string>();
  const commands: FakeSandbox['commands'] = [];
  const restored: FakeSandbox['restored'] = [];
  const fingerprints = new Map<string, string>();
  const refuseClosed = (name: string) => {
    if (!opened.has(name)) throw new SteadfastError('Sandbox.Gone', `there is no sandbox ${name}`);
  };
  return {
    kind: 'bubblewrap',
    opened,
    commands,
    restored,
    environment: async () => 'fake-environment',
    open: async ({ name }) => void opened.add(name),
    async run(name, command, signal) {
      refuseClosed(name);
      commands.push({ name, command });
      const given = await answer(command, signal);
      fingerprints.set(name, given.fingerprint ?? fingerprints.get(name) ?? 'start');
      return {
        exitCode: 0,
        output: '',
        droppedBytes: 0,
        timedOut: false,
        outOfMemory: false,
        report: null,
        durationMs: 1,
        fingerprint: fingerprints.get(name) ?? 'start',
        ...given,
      };
    },
    diff: async (name) => {
      refuseClosed(name);
      return '';
    },
    async snapshot(name) {
      refuseClosed(name);
      const fingerprint = fingerprints.get(name) ?? 'start';
      return { fingerprint, archive: Buffer.from(`state ${fingerprint}`) };
    },
    async restore(name, archive) {
      refuseClosed(name);
      restored.push({ name, archive });
    },
    writeFile: async () => undefined,
    readFile: async () => null,
    close: async (name) => void opened.delete(name),
    list: async () => {
      const times = { createdAt: new Date(0).toISOString(), deadline: new Date(8.64e15).toISOString() };
      return [...opened].map((name) => ({ name, run: 'r', ...times }));
    },
  };
}
