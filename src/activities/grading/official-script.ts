import type { Instance } from '../../domain/instance.ts';

/** Of the output of an official script, which is read whole; more than that is a flood. */
export const OFFICIAL_LOG_BYTES = 16 << 20;

/** Printed before anything else, so that a script that never began is told from one whose tests silenced it. */
const BEGUN = '>>>>> Steadfast begins the script\n';

/**
 * The official script as a sandbox runs it. There the history is one commit: it stands for the base commit that the
 * script names, and an empty one on top of it keeps `git show`, which scripts call to say where they are, from printing
 * the whole repository.
 */
export function sandboxScript(instance: Instance, script: string): string {
  const { baseCommit } = instance;
  return [
    `printf '%s' '${BEGUN}'`,
    'cd /testbed && git update-ref HEAD "$(git commit-tree -p HEAD -m Grading "HEAD^{tree}")"',
    baseCommit === null ? script : script.replaceAll(baseCommit, 'HEAD'),
  ].join('\n');
}

/** What the script printed; null when it never began, which is the sandbox's fault. */
export function scriptOutput(output: string): string | null {
  return output.startsWith(BEGUN) ? output.slice(BEGUN.length) : null;
}
