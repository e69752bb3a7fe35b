import { birthOf } from './setup/birth.mjs';

/** A process told apart from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly born: string;
}

/** The identity of a live process, undefined when there is none. */
export function identify(pid: number): ProcessIdentity | undefined {
  const born = birthOf(pid);
  return born === undefined ? undefined : { pid, born };
}

/** Whether this very process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return birthOf(identity.pid) === identity.born;
}

/** Sends a signal to a process if it still lives; says whether it did. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, name);
  } catch {
    // It ended between the look and the signal.
    return false;
  }
}
