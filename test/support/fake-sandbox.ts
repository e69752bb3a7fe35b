import { SteadfastError } from '../../src/domain/failures.ts';
import type { CommandResult, Sandbox, SandboxCommand } from '../../src/ports/sandbox.ts';

export interface FakeSandbox extends Sandbox {
  /** Names that are open. */
  readonly opened: Set<string>;
  readonly commands: { readonly name: string; readonly command: SandboxCommand }[];
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
  return {
    kind: 'bubblewrap',
    opened,
    commands,
    environment: async () => 'fake-environment',
    open: async ({ name }) => void opened.add(name),
    async run(name, command, signal) {
      if (!opened.has(name)) throw new SteadfastError('Sandbox.Gone', `there is no sandbox ${name}`);
      commands.push({ name, command });
      const given = await answer(command, signal);
      return {
        exitCode: 0,
        output: '',
        droppedBytes: 0,
        timedOut: false,
        outOfMemory: false,
        durationMs: 1,
        ...given,
      };
    },
    diff: async () => '',
    writeFile: async () => undefined,
    readFile: async () => null,
    close: async (name) => void opened.delete(name),
    list: async () => [...opened].map((name) => ({ name, run: 'r', createdAt: new Date(0).toISOString() })),
  };
}
