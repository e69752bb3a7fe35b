import type { CommandResult, Sandbox, SandboxSpec } from '../../ports/sandbox.ts';

/** Of every runner's command; each repeat has one of its own, since the same key answers the kept result. */
const TESTS = 'tests';

/** Takes away what tests leave where everybody does; what cannot be removed shows in the fingerprint. */
const TIDY = 'find /tmp -mindepth 1 -delete';
const TIDY_MS = 60_000;

/** Sandboxes that outlive the run of tests that they were opened for. */
export interface KeptOpen extends Sandbox {
  /** Closes for good. */
  end(name: string): Promise<void>;
}

/** Longer than any run of tests: what is kept open lives at least as long again. */
const LONGEST_MS = 3600_000;

interface Open {
  readonly limits: string;
  /** ISO time after which its host may end it. */
  readonly deadline: string;
  /** The fingerprint before the tests. */
  before: string;
  runs: number;
  /** Whether the last run of tests came to its own end. */
  sound: boolean;
}

/**
 * Sandboxes for tests that are run again and again: one that the tests have left as they found it is opened only once.
 * By its fingerprint the file systems are then the same, and no process outlives a command, so a repeat in it is worth
 * what one in a fresh sandbox is, for a fraction of the time.
 */
export function keptOpen(sandbox: Sandbox): KeptOpen {
  const kept = new Map<string, Open>();

  async function end(name: string): Promise<void> {
    kept.delete(name);
    await sandbox.close(name);
  }

  async function open(spec: SandboxSpec, signal?: AbortSignal): Promise<void> {
    const limits = JSON.stringify(spec.limits);
    const known = kept.get(spec.name);
    const lives = known !== undefined && Date.parse(known.deadline) - Date.now() > LONGEST_MS;
    if (lives && known.limits === limits) return;
    // One that may not outlive the run, and what an earlier attempt of the same work left, in whatever state.
    await end(spec.name);
    await sandbox.open(spec, signal);
    kept.set(spec.name, { limits, deadline: spec.deadline, before: 'start', runs: 0, sound: false });
  }

  async function run(...[name, command, signal]: Parameters<Sandbox['run']>): Promise<CommandResult> {
    const state = kept.get(name);
    if (state === undefined) return await sandbox.run(name, command, signal);
    if (command.key !== TESTS) {
      // A repeat is answered the kept result, under the fingerprint of now.
      const result = await sandbox.run(name, command, signal);
      state.before = result.fingerprint;
      return result;
    }
    state.sound = false;
    const result = await sandbox.run(name, { ...command, key: `${TESTS}-${state.runs++}` }, signal);
    state.sound = !result.timedOut && !result.outOfMemory;
    return result;
  }

  async function close(name: string): Promise<void> {
    const state = kept.get(name);
    if (state?.sound === true && (await tidied(name, state.runs)) === state.before) return;
    await end(name);
  }

  /** The fingerprint without what the tests left in /tmp; null when it cannot be had. */
  async function tidied(name: string, runs: number): Promise<string | null> {
    const command = { key: `tidy-${runs}`, script: TIDY, session: 'plain', timeoutMs: TIDY_MS } as const;
    const result = await sandbox.run(name, { ...command, outputBytes: 1024 }).catch(() => null);
    return result?.fingerprint ?? null;
  }

  return { ...sandbox, open, run, close, end };
}
