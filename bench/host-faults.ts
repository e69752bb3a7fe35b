import { SteadfastError } from '../src/domain/failures.ts';
import type { CommandResult, Sandbox, SandboxCommand } from '../src/ports/sandbox.ts';

/** What a host does to a sandbox while tests run in it. */
export const HOST_FAULTS = [
  'closed',
  'killed',
  'disk full',
  'disk full at opening',
  'frozen',
  'call throws',
  'answer lost',
] as const;
export type HostFault = (typeof HOST_FAULTS)[number];

/** Which run of tests of one grading is hit (0 is the first), by what, and how long after its start. */
export interface PlannedFault {
  readonly fault: HostFault;
  readonly run: number;
  readonly afterMs: number;
}

/** Commands run beside the tests: the kernel spares the process that asks, and bubblewrap's own. */
const BESIDE: Readonly<Partial<Record<HostFault, (seconds: string) => string>>> = {
  killed: (seconds) => `(sleep ${seconds}; kill -KILL -1) &`,
  frozen: (seconds) => `(sleep ${seconds}; kill -STOP -1; sleep 5; kill -CONT -1) &`,
  'disk full': () =>
    'head -c 8G /dev/zero >/tmp/full 2>/dev/null; for i in {1..200000}; do : >/tmp/full-$i || break; done 2>/dev/null',
};

/** A sandbox adapter under which one run of tests meets a fault; `met` says whether it came to that. */
export function faulty(
  sandbox: Sandbox,
  plan: PlannedFault | null,
): { sandbox: Sandbox; met: () => boolean } {
  if (plan === null) return { sandbox, met: () => true };
  const { fault, run: nth, afterMs } = plan;
  let opened = 0;
  let runs = 0;
  let met = false;

  async function run(name: string, command: SandboxCommand, signal?: AbortSignal): Promise<CommandResult> {
    if (command.reportBytes === undefined || runs++ !== nth) return await sandbox.run(name, command, signal);
    met = true;
    const seconds = (afterMs / 1000).toFixed(2);
    const beside = BESIDE[fault]?.(seconds);
    if (beside !== undefined) {
      return await sandbox.run(name, { ...command, script: `${beside}\n${command.script}` }, signal);
    }
    if (fault === 'call throws') throw new SteadfastError('Sandbox.Unavailable', 'injected: no answer');
    // Two that close it at once may get in each other's way, which is for whoever grades to hear of.
    if (fault === 'closed') setTimeout(() => void sandbox.close(name).catch(() => undefined), afterMs);
    const result = await sandbox.run(name, command, signal);
    if (fault === 'answer lost') throw new SteadfastError('Sandbox.Gone', 'injected: the answer was lost');
    return result;
  }

  async function open(...given: Parameters<Sandbox['open']>): Promise<void> {
    if (fault === 'disk full at opening' && opened++ === nth) {
      met = true;
      throw new SteadfastError('Sandbox.DiskFull', 'injected: no space left on the host');
    }
    await sandbox.open(...given);
  }

  return { sandbox: { ...sandbox, run, open }, met: () => met };
}
